using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Cli.Running;
using OptOut.Ledger;
using OptOut.Ledger.Proofs;

namespace OptOut.Cli.Commands.Receipts;

/// <summary><c>optout receipt verify</c>: offline, with the log's key and nothing else.</summary>
internal static class ReceiptVerifyCommand
{
    private static readonly Argument<FileInfo> File = new("FILE")
    {
        Description = "A .tlog-proof, or the JSON of GET /v1/opt-outs/{id}/receipt, which holds proof and opening.",
    };

    private static readonly Option<FileInfo?> OpeningFile =
        new("--opening") { Description = "The opening as JSON { nonce, payload }: shows what the leaf commits to." };

    private static readonly Option<string[]> Vkeys = SharedOptions.Vkeys();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create()
    {
        Vkeys.Required = true;
        var command = new Command("verify", "Check that the log has signed a tree in which this receipt's leaf stands.")
        {
            File, OpeningFile, Vkeys, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var keys = SharedOptions.Parse(parsed.GetValue(Vkeys));
        var (text, carried) = Unwrap(await System.IO.File.ReadAllBytesAsync(parsed.GetValue(File)!.FullName, cancellationToken));
        var opening = parsed.GetValue(OpeningFile) is { } file
            ? ReadOpening(await System.IO.File.ReadAllBytesAsync(file.FullName, cancellationToken))
            : carried;

        var result = Verify(text, opening, new TrustedLog(keys[0].Name, keys));
        new Screen(parsed.GetValue(Json)).Result(result, ReceiptJson.Default.ReceiptResult, Words(result));
        return result.Proven && result.Opens != false ? ExitCodes.Ok : ExitCodes.DoesNotHold;
    }

    private static ReceiptResult Verify(byte[] text, Opening? opening, TrustedLog log)
    {
        try
        {
            var receipt = Receipt.Parse(text);
            var verdict = receipt.Verify(log);
            var leaf = receipt.Extra is { } bytes && verdict == ReceiptVerdict.Proven ? LedgerLeaf.Parse(bytes) : null;
            bool? opens = opening is null || leaf is null
                ? null
                : Commitment.Opens(leaf.CommitmentHash.Span, opening.Nonce, opening.Payload);
            return new ReceiptResult(verdict == ReceiptVerdict.Proven, verdict.ToString(), log.Origin, receipt.Index,
                leaf?.Kind, leaf?.Record.ToString("N"), leaf?.Version, leaf?.At, leaf?.System, leaf?.Outcome, opens,
                opens == true ? Encoding.UTF8.GetString(opening!.Payload) : null);
        }
        catch (FormatException)
        {
            return new ReceiptResult(false, "Malformed", log.Origin, null, null, null, null, null, null, null, null, null);
        }
    }

    private static IEnumerable<string> Words(ReceiptResult result)
    {
        if (!result.Proven)
        {
            yield return $"NOT PROVEN: {result.Verdict}.";
            yield break;
        }

        yield return $"Proven: leaf {result.Index} of {result.Origin}.";
        yield return $"  {result.Kind} {result.Record}, version {result.Version}, at {result.At:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}"
            + (result.System is null ? "" : $", system {result.System}") + (result.Outcome is null ? "" : $", {result.Outcome}");
        if (result.Opens is { } opens)
            yield return opens ? $"  The leaf commits to: {result.Payload}" : "  THE OPENING DOES NOT OPEN THIS LEAF.";
    }

    /// <summary>The proof and the opening out of the receipt that the service answers; a bare proof as it is.</summary>
    private static (byte[] Proof, Opening? Opening) Unwrap(byte[] file)
    {
        if (file.Length == 0 || file[0] != (byte)'{')
            return (file, null);
        try
        {
            using var document = JsonDocument.Parse(file);
            var root = document.RootElement;
            var opening = root.TryGetProperty("opening", out var one) && one.ValueKind == JsonValueKind.Object
                ? Read(one)
                : null;
            return root.TryGetProperty("proof", out var proof) && proof.ValueKind == JsonValueKind.Object
                ? (Encoding.UTF8.GetBytes(proof.GetProperty("text").GetString()!), opening)
                : throw CommandException.CouldNot("This receipt holds no proof yet: ask for it again with Prefer: wait=3.");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException)
        {
            throw CommandException.CouldNot("The file is no receipt.");
        }
    }

    private static Opening ReadOpening(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            throw CommandException.CouldNot("The file is no opening.");
        }
    }

    private static Opening Read(JsonElement opening) => new(
        opening.GetProperty("nonce").GetBytesFromBase64(), opening.GetProperty("payload").GetBytesFromBase64());

    private sealed record Opening(byte[] Nonce, byte[] Payload);
}

/// <summary>What a receipt proves; the members after the index are the leaf's, null where nothing is proven.</summary>
/// <param name="Opens">Whether the opening opens the leaf's commitment; null where none was given.</param>
/// <param name="Payload">What the leaf commits to, where it was opened.</param>
internal sealed record ReceiptResult(
    bool Proven, string Verdict, string Origin, long? Index, string? Kind, string? Record, long? Version,
    DateTimeOffset? At, string? System, string? Outcome, bool? Opens, string? Payload);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReceiptResult))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
