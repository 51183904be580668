using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Cli.Running;

namespace OptOut.Cli.Commands;

/// <summary><c>optout recover</c>: has the service put back what a restored backup has forgotten, and waits for it.</summary>
internal static class RecoverCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private static readonly Option<string?> Url = SharedOptions.Url();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create()
    {
        Url.Required = true;
        var command = new Command("recover",
            "After an older backup was restored: put opt-outs, reversals and erasures back from the archive. "
            + $"Needs {Secrets.ApiKey} with the role operator. See docs/runbooks/restore.md.")
        {
            Url, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var api = new Api(SharedOptions.ParseUrl(parsed.GetValue(Url)!));
        var (status, body) = await api.SendAsync(HttpMethod.Post, "v1/ledger/recoveries", "{}"u8.ToArray(), cancellationToken);
        var asked = status switch
        {
            202 => Read(body),
            409 => throw CommandException.CouldNot("This database is not behind what was published: there is nothing to recover."),
            401 or 403 => throw CommandException.CouldNot($"The service refused the key in {Secrets.ApiKey} ({status})."),
            _ => throw CommandException.CouldNot($"The service answered {status}."),
        };
        var done = await Screen.WithProgressAsync("Leaves", (asked.ToSize ?? 0) - (asked.FromSize ?? 0),
            progress => FollowAsync(api, asked, progress, cancellationToken));
        new Screen(parsed.GetValue(Json)).Result(done, RecoveryJson.Default.Recovery, Words(done));
        return done.State == "done" ? ExitCodes.Ok : ExitCodes.DoesNotHold;
    }

    private static async Task<Recovery> FollowAsync(
        Api api, Recovery asked, IProgress<long> progress, CancellationToken cancellationToken)
    {
        var now = asked;
        while (now.State is "requested" or "running")
        {
            await Task.Delay(Poll, cancellationToken);
            now = Read(await api.GetAsync("v1/ledger/recoveries/" + asked.Id, cancellationToken)
                ?? throw CommandException.CouldNot("The service does not know this recovery."));
            progress.Report(now.Done);
        }

        return now;
    }

    private static IEnumerable<string> Words(Recovery recovery)
    {
        if (recovery.State != "done")
        {
            yield return $"FAILED: {recovery.Code}. Nothing was published. See docs/runbooks/restore.md.";
            yield break;
        }

        yield return $"Recovered: {recovery.FromSize} leaves were there, {recovery.ToSize} are there again.";
        yield return $"{recovery.Versions} versions of opt-outs were put back, {recovery.Erasures} erasures are done once more.";
        yield return "Keys, systems and purposes that were changed since the backup are as the backup has them: look at them.";
    }

    private static Recovery Read(byte[] json) => JsonSerializer.Deserialize(json, RecoveryJson.Default.Recovery)
        ?? throw CommandException.CouldNot("The service gave no answer.");
}

/// <summary>A recovery, as the service tells of it.</summary>
internal sealed record Recovery(
    string Id, string State, string? Code, long? FromSize, long? ToSize, long Done, int Versions, int Erasures);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Recovery))]
internal sealed partial class RecoveryJson : JsonSerializerContext;
