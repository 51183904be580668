using System.CommandLine;
using System.Text.Json;
using OptOut.Cli.Running;
using OptOut.Cli.Verification;
using OptOut.Ledger.Notes;

namespace OptOut.Cli.Commands.Ledger;

/// <summary><c>optout ledger verify</c>: the published log, online or from a directory, without trusting who published it.</summary>
internal static class LedgerVerifyCommand
{
    private static readonly Option<string?> Url = SharedOptions.Url();
    private static readonly Option<string[]> Vkeys = SharedOptions.Vkeys();
    private static readonly Option<bool> Json = SharedOptions.Json();

    private static readonly Option<DirectoryInfo?> Mirror =
        new("--directory") { Description = "A directory of tiles, with their checkpoint: offline." };

    private static readonly Option<FileInfo?> Older =
        new("--old") { Description = "A checkpoint that you kept: the log must continue it." };

    public static Command Create()
    {
        var command = new Command("verify",
            "Compute the published log again and compare it with its checkpoint, its tiles and an older checkpoint.")
        {
            Url, Mirror, Older, Vkeys, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (url, mirror) = (parsed.GetValue(Url), parsed.GetValue(Mirror));
        if (url is null == mirror is null)
            throw CommandException.Usage("Give either --url or --directory.");

        var keys = SharedOptions.Parse(parsed.GetValue(Vkeys));
        using var api = url is null ? null : new Api(SharedOptions.ParseUrl(url));
        if (keys.Count == 0)
            keys = await TrustOnFirstUseAsync(api, cancellationToken);
        var verifier = new LogVerifier(
            api is null ? new DirectoryLogSource(mirror!.FullName) : new ServiceLogSource(api), keys);

        var head = await verifier.ReadCheckpointAsync(cancellationToken);
        var older = parsed.GetValue(Older) is { } file
            ? verifier.Read(await File.ReadAllBytesAsync(file.FullName, cancellationToken), "The older checkpoint")
            : null;
        var report = await Screen.WithProgressAsync("Leaves", head.Size,
            progress => verifier.VerifyAsync(head, older, progress, cancellationToken));
        new Screen(parsed.GetValue(Json)).Result(report, LogReportJson.Default.LogReport, Words(report));
        return report.Verified ? ExitCodes.Ok : ExitCodes.DoesNotHold;
    }

    private static IEnumerable<string> Words(LogReport report)
    {
        yield return $"{report.Origin}: {report.Size} leaves, root {report.Root}";
        yield return report.LeavesRead > 0
            ? $"{report.LeavesRead} leaves were hashed; {report.LeavesRedacted} are emptied and stand by their hash."
            : "Only hashes were read: the leaves need a key with the role auditor.";
        foreach (var fault in report.Faults)
            yield return "FAULT  " + fault;
        yield return report.Verified
            ? "Verified."
            : $"NOT VERIFIED. First bad leaf: {report.FirstBadLeaf?.ToString(null, null) ?? "not found alone"}.";
    }

    /// <summary>A key that the log itself gives proves only that the log agrees with itself; it is said.</summary>
    private static async Task<IReadOnlyList<NoteVerifier>> TrustOnFirstUseAsync(
        Api? api, CancellationToken cancellationToken)
    {
        if (api is null)
            throw CommandException.Usage("Offline, --vkey is needed: a directory cannot vouch for itself.");
        var answer = await api.GetAsync("v1/ledger/key", cancellationToken)
            ?? throw CommandException.CouldNot("The service has no ledger key.");
        await Console.Error.WriteLineAsync(
            "No --vkey was given: the key is the service's own word. Keep it, and give it the next time.");
        using var document = JsonDocument.Parse(answer);
        var vkeys = document.RootElement.GetProperty("keys").EnumerateArray()
            .Select(key => key.GetProperty("vkey").GetString()!).ToList();
        vkeys.ForEach(key => Console.Error.WriteLine("  " + key));
        return SharedOptions.Parse(vkeys);
    }
}
