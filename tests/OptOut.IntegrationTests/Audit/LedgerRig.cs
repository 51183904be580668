using System.Text;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Audit;

/// <summary>What the ledger's tests ask of a running service.</summary>
internal static class LedgerRig
{
    public static string NewLedgerDirectory() => Servers.NewDirectory();

    /// <summary>The published directory, and the archive beside it.</summary>
    public static void Remove(string directory)
    {
        foreach (var path in (string[])[directory, directory + "-archive"])
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
    }

    public static Task<RunningService> StartAsync(Servers servers, string directory) =>
        RunningService.StartAsync(servers, $"--OptOut:LedgerDirectory={directory}");

    public static Task<long> CountAsync(this RunningService service, string table) =>
        service.ScalarAsync<long>($"SELECT count(*) FROM {table}");

    /// <summary>Until every leaf there is is covered by a checkpoint; returns its size.</summary>
    public static async Task<long> PublishedAsync(this RunningService service)
    {
        await Running.UntilAsync(async () => await service.ScalarAsync<bool>(
            """
            SELECT count(*) > 0 AND NOT EXISTS (SELECT FROM ledger.pending)
                AND max(size) = (SELECT size FROM ledger.head) FROM ledger.checkpoint
            """), "The ledger was not published.");
        return await service.ScalarAsync<long>("SELECT max(size) FROM ledger.checkpoint");
    }

    /// <summary>Until the directory holds the checkpoint that is served: the file is swapped in after the row is committed.</summary>
    public static async Task WrittenAsync(this RunningService service, string directory)
    {
        await service.PublishedAsync();
        var file = Path.Combine(directory, "checkpoint");
        await Running.UntilAsync(async () => File.Exists(file)
            && (await service.GetAsync("/v1/ledger/checkpoint", "")).Text == await File.ReadAllTextAsync(file),
            "The checkpoint was not written.");
    }

    public static async Task StopManyAsync(this RunningService service, int count)
    {
        var items = string.Join(',', Enumerable.Range(0, count).Select(_ => Stops.Body(Stops.Email(Stops.NewEmail()))));
        var answer = await service.PostAsync("/v1/opt-outs/batch", $$"""{ "items": [ {{items}} ] }""");
        Assert.Equal(207, answer.Status);
    }

    /// <summary>The log's keys, as an auditor gets them.</summary>
    public static async Task<TrustedLog> TrustedAsync(this RunningService service)
    {
        var answer = (await service.GetAsync("/v1/ledger/key", "")).Json;
        return new TrustedLog(answer.Text("origin"),
            [.. answer.GetProperty("keys").EnumerateArray().Select(key => NoteVerifier.Parse(key.Text("vkey")))]);
    }

    public static async Task<Checkpoint> CheckpointAsync(this RunningService service)
    {
        var answer = await service.GetAsync("/v1/ledger/checkpoint", "");
        Assert.Equal(200, answer.Status);
        var note = SignedNote.Parse(answer.Body);
        Assert.Equal(NoteVerdict.Verified, note.Check((await service.TrustedAsync()).Keys).Verdict);
        return Checkpoint.Parse(note.Text);
    }

    /// <summary>The newest stored checkpoint, also where the service has stopped.</summary>
    public static async Task<Checkpoint> CheckpointNoteAsync(this RunningService service) => Checkpoint.Parse(SignedNote.Parse(
        await service.ScalarAsync<byte[]>("SELECT note FROM ledger.checkpoint ORDER BY size DESC LIMIT 1")).Text);

    /// <summary>Makes the ledger as an older backup would have it: the last leaves, and what was signed over them, are gone.</summary>
    public static async Task ForgetAsync(this RunningService service, int leaves)
    {
        var size = await service.ScalarAsync<long>("SELECT size FROM ledger.head") - leaves;
        var tree = new CompactRange();
        foreach (var hash in await service.ScalarAsync<byte[][]>(
            $"SELECT array_agg(leaf_hash ORDER BY entry_index) FROM ledger.entry WHERE entry_index < {size}"))
            tree.Append(hash);
        var edge = string.Join(", ", tree.Edge.Select(hash => $"'\\x{Convert.ToHexStringLower(hash)}'::bytea"));
        await service.TamperAsync("ledger.checkpoint", $"DELETE FROM ledger.checkpoint WHERE size > {size}");
        await service.TamperAsync("ledger.cosignature", $"DELETE FROM ledger.cosignature WHERE size > {size}");
        await service.TamperAsync("ledger.entry", $"DELETE FROM ledger.entry WHERE entry_index >= {size}");
        await service.TamperAsync("ledger.head", $"UPDATE ledger.head SET size = {size}, edge = ARRAY[{edge}]");
    }

    public static Receipt Receipt(string text) => Ledger.Proofs.Receipt.Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>What only a superuser can: triggers off, a change, triggers on.</summary>
    public static Task TamperAsync(this RunningService service, string table, string statement) => service.RunAsync(
        $"ALTER TABLE {table} DISABLE TRIGGER ALL; {statement}; ALTER TABLE {table} ENABLE TRIGGER ALL");
}
