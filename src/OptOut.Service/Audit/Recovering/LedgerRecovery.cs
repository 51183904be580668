using System.Globalization;
using System.Text.Json;
using Npgsql;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Tree;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Audit.Recovering;

/// <summary>
/// Puts back what an older backup has forgotten: first the acts, then their leaves, so that an end in between leaves the
/// database behind and it is done over. Nothing is put back that the published checkpoint does not sign.
/// </summary>
internal sealed partial class LedgerRecovery(
    RecoveryRows rows,
    CheckpointComparison comparison,
    LedgerSettings settings,
    Databases databases,
    SecretBox secrets,
    TimeProvider clock,
    ILogger<LedgerRecovery> logger)
{
    /// <summary>Does the recovery that was asked for, on the connection of the sequencer's lock; false where none was.</summary>
    public async Task<bool> TryRunAsync(NpgsqlConnection holder, CompactRange head, CancellationToken cancellationToken)
    {
        if (await rows.WantedAsync(cancellationToken) is not { } wanted)
            return false;
        try
        {
            var published = Published();
            // Published and not forgotten: then the rows must give what was signed.
            if (published.Size <= head.Size)
                await comparison.VerifyAsync(new TileDirectory(settings.Directory!).ReadCheckpoint(), head.Size, cancellationToken);
            var forgotten = ReadForgotten(head, published);
            var size = forgotten[^1].End;
            await rows.BeginAsync(wanted.RecoveryId, head.Size, size, cancellationToken);
            foreach (var frame in forgotten)
            {
                var (versions, erasures) = await ReapplyAsync(frame, cancellationToken);
                await rows.AdvanceAsync(
                    wanted.RecoveryId, frame.End - head.Size, versions, erasures, cancellationToken);
            }

            await TellAgainAsync(cancellationToken);
            await AppendAsync(holder, head, forgotten, cancellationToken);
            await FinishAsync(wanted, head.Size, size, cancellationToken);
            LogRecovered(head.Size, size);
        }
        catch (LedgerIncidentException incident)
        {
            await rows.FailAsync(wanted.RecoveryId, incident.Code, cancellationToken);
            LogFailed(incident.Code);
        }

        return true;
    }

    private Checkpoint Published() =>
        settings.Directory is { } path && new TileDirectory(path).ReadCheckpoint() is { } note
            ? comparison.Read(note)
            : throw new LedgerIncidentException(LedgerIncidentException.NothingPublished);

    /// <summary>
    /// The frames from the head on, once their leaves are known to give the root that was signed. What was archived and not
    /// yet published follows from it, and is nobody else's word than ours: it is sealed under the master key.
    /// </summary>
    private List<ArchiveFrame> ReadForgotten(CompactRange head, Checkpoint published)
    {
        // Opened anew: what stands in the files now is what counts.
        var archive = settings.Archive is { } path ? new LedgerArchive(path, secrets) : null;
        if (archive is null || archive.End < published.Size || archive.End <= head.Size)
            throw new LedgerIncidentException(LedgerIncidentException.ArchiveShort);
        var range = new CompactRange(head.Size, [.. head.Edge]);
        var agrees = published.Size <= head.Size;
        List<ArchiveFrame> frames = [];
        foreach (var frame in archive.Read(head.Size))
        {
            frames.Add(frame);
            foreach (var (index, leafHash) in Entries(frame))
            {
                if (index != range.Size)
                    continue;
                range.Append(leafHash);
                agrees |= range.Size == published.Size && range.Root().AsSpan().SequenceEqual(published.Root.Span);
            }
        }

        return agrees && range.Size == archive.End
            ? frames
            : throw new LedgerIncidentException(LedgerIncidentException.PublishedDiffers);
    }

    private static IEnumerable<(long Index, byte[] LeafHash)> Entries(ArchiveFrame frame)
    {
        using var document = JsonDocument.Parse(frame.Json);
        foreach (var entry in document.RootElement.GetProperty("entries").EnumerateArray())
        {
            var leaf = entry.GetProperty("leaf").GetString();
            yield return (entry.GetProperty("entry_index").GetInt64(), leaf is null
                ? Bytes(entry.GetProperty("leaf_hash").GetString()!)
                : MerkleTree.HashLeaf(Bytes(leaf)));
        }
    }

    // bytea as the database writes it in JSON: \x and hex.
    private static byte[] Bytes(string text) => Convert.FromHexString(text.AsSpan(2));

    private async Task<(int Versions, int Erasures)> ReapplyAsync(
        ArchiveFrame frame, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var json = System.Text.Encoding.UTF8.GetString(frame.Json);
        var counts = new int[RecoveryStatements.Reapply.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            await using var command = new NpgsqlCommand(RecoveryStatements.Reapply[i], connection, transaction)
            {
                CommandTimeout = 0,
            };
            command.Parameters.Add(new NpgsqlParameter { Value = json, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb });
            counts[i] = await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await LeafMergesAsync(connection, transaction, json, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (counts[RecoveryStatements.Versions], counts[RecoveryStatements.Erasures]);
    }

    /// <summary>
    /// Somebody who came back since the restore was given a new id: the two are one person, and the stops of both stand.
    /// </summary>
    private async Task LeafMergesAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string json, CancellationToken cancellationToken)
    {
        List<LedgerEntry> leaves = [];
        await using (var command = new NpgsqlCommand(RecoveryStatements.Merge, connection, transaction))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = json, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                leaves.Add(LedgerEntry.ForConfiguration(
                    new LedgerFacts(LedgerKinds.Merged, reader.GetGuid(0), 0, "svc:recovery", clock.GetUtcNow()),
                    CanonicalJson.ToBytes(new CanonicalObject
                    {
                        { "loser", reader.GetGuid(0).ToString("N") },
                        { "survivor", reader.GetGuid(1).ToString("N") },
                        { "type", "optout.merge/1" },
                    }),
                    secrets));
            }
        }

        if (leaves.Count > 0)
            await LedgerPending.InsertAsync(connection, transaction, leaves, cancellationToken);
    }

    /// <summary>Every standing stop that a system has no delivery of is handed over again, by the backfill there is.</summary>
    private async Task TellAgainAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(RecoveryStatements.TellAgain);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task AppendAsync(
        NpgsqlConnection holder, CompactRange head, List<ArchiveFrame> frames, CancellationToken cancellationToken)
    {
        var sequencer = new Sequencer(holder, head);
        foreach (var frame in frames)
            await sequencer.PutBackAsync(System.Text.Encoding.UTF8.GetString(frame.Json), cancellationToken);
    }

    private async Task FinishAsync(RecoveryRow wanted, long from, long to, CancellationToken cancellationToken)
    {
        var leaf = LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.Restored, wanted.RecoveryId, to, "svc:recovery", clock.GetUtcNow(), Outcome: "recovered"),
            CanonicalJson.ToBytes(new CanonicalObject
            {
                { "from", (wanted.FromSize ?? from).ToString(CultureInfo.InvariantCulture) },
                { "to", to.ToString(CultureInfo.InvariantCulture) },
                { "type", "optout.restored/1" },
            }),
            secrets);
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var command = new NpgsqlCommand(
            "UPDATE ledger.recovery SET state = 'done', finished_at = now() WHERE recovery_id = $1", connection, transaction))
        {
            command.Parameters.Add(Sql.Value(wanted.RecoveryId));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await LedgerPending.InsertAsync(connection, transaction, [leaf], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    [LoggerMessage(630, LogLevel.Warning, "Recovered: the ledger had {From} leaves and has {To} again")]
    private partial void LogRecovered(long from, long to);

    [LoggerMessage(631, LogLevel.Error, "The recovery failed: {Code}")]
    private partial void LogFailed(string code);
}
