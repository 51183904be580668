using System.CommandLine;
using System.Text.Json.Serialization;
using Npgsql;
using OptOut.Cli.Running;
using OptOut.Ledger.Notes;
using OptOut.Service.Audit.Checking;
using OptOut.Service.Platform.Keys;

namespace OptOut.Cli.Commands.Ledger;

/// <summary><c>optout ledger audit</c>: the database against its own ledger, row by row, with a login that only reads.</summary>
internal static class LedgerAuditCommand
{
    private static readonly Option<string[]> Vkeys = SharedOptions.Vkeys();
    private static readonly Option<bool> Json = SharedOptions.Json();

    private static readonly Option<DirectoryInfo?> Published =
        new("--directory") { Description = "The published directory, or a mirror of it: compared with the rows." };

    public static Command Create()
    {
        Vkeys.Required = true;
        var command = new Command("audit",
            $"Compute the tree again from the database and compare every record, acknowledgement, act and opening with its "
            + $"leaf. Needs {Secrets.Database}; with {Secrets.KeysDatabase} and {Secrets.MasterKeyFile} openings are opened too.")
        {
            Vkeys, Published, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var keys = SharedOptions.Parse(parsed.GetValue(Vkeys));
        await using var database = Connect(Secrets.Need(Secrets.Database));
        await using var keysDatabase = Secrets.Find(Secrets.KeysDatabase) is { } text ? Connect(text) : null;
        var openings = keysDatabase is null ? null : Openings(keysDatabase);
        var size = await SizeAsync(database, cancellationToken);

        var tree = await Screen.WithProgressAsync("Tree", size, progress =>
            new LedgerAudit(database, keys, parsed.GetValue(Published)?.FullName).RunAsync(cancellationToken, progress));
        var acts = await Screen.WithProgressAsync("Acts", size, progress =>
            new ActAudit(database, openings).RunAsync(cancellationToken, progress));
        var result = Result(tree, acts, openings is not null, keys);
        new Screen(parsed.GetValue(Json)).Result(result, LedgerAuditJson.Default.LedgerAuditResult, Words(result));
        return result.Holds ? ExitCodes.Ok : ExitCodes.DoesNotHold;
    }

    private static LedgerAuditResult Result(
        AuditReport tree, AuditReport acts, bool opened, IReadOnlyList<NoteVerifier> keys) => new(
        tree.FaultCount + acts.FaultCount == 0, keys[0].Name, tree.Read, acts.Read, opened, acts.KindsNotCompared,
        tree.FaultCount + acts.FaultCount,
        [.. tree.Faults.Concat(acts.Faults).OrderBy(fault => fault.Index ?? long.MaxValue)]);

    private static IEnumerable<string> Words(LedgerAuditResult result)
    {
        yield return $"{result.Origin}: {result.Leaves} leaves computed again, {result.Acts} acts compared"
            + (result.OpeningsOpened ? " with what their leaves commit to." : "; openings were not opened (no keys).");
        if (result.KindsNotCompared > 0)
            yield return $"{result.KindsNotCompared} kinds of leaves have no row to be compared with.";
        foreach (var fault in result.Faults)
            yield return $"FAULT  {fault.Code}  leaf {fault.Index?.ToString(null, null) ?? "-"}  entry {fault.EntryId?.ToString("N") ?? "-"}";
        yield return result.Holds ? "Everything agrees." : $"{result.FaultCount} contradictions.";
    }

    private static NpgsqlDataSource Connect(string text)
    {
        try
        {
            var login = new NpgsqlConnectionStringBuilder(text)
            {
                ApplicationName = "optout-audit", IncludeErrorDetail = false, Timeout = 10, CommandTimeout = 600,
            };
            return NpgsqlDataSource.Create(login.ConnectionString);
        }
        catch (ArgumentException)
        {
            throw CommandException.CouldNot("A connection string cannot be read.");
        }
    }

    private static SealedOpenings Openings(NpgsqlDataSource keysDatabase)
    {
        var file = Secrets.Need(Secrets.MasterKeyFile);
        try
        {
            var ring = KeyRing.Load(file);
            return new SealedOpenings(keysDatabase, new SubjectKeyWrap(ring), new SecretBox(ring));
        }
        catch (KeyRingException exception)
        {
            throw CommandException.CouldNot(exception.Message);
        }
    }

    private static async Task<long> SizeAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT size FROM ledger.head");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

/// <summary>What the audit found.</summary>
/// <param name="Holds">True where nothing contradicts anything.</param>
/// <param name="Leaves">Leaves that the tree was computed from.</param>
/// <param name="Acts">Acts compared with their leaves.</param>
/// <param name="OpeningsOpened">Whether the private parts were compared too.</param>
/// <param name="Faults">The first 2,000, by leaf.</param>
internal sealed record LedgerAuditResult(
    bool Holds, string Origin, long Leaves, long Acts, bool OpeningsOpened, int KindsNotCompared, long FaultCount,
    IReadOnlyList<AuditFault> Faults);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LedgerAuditResult))]
internal sealed partial class LedgerAuditJson : JsonSerializerContext;
