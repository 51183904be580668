using System.Globalization;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Systems;

namespace OptOut.Service.Enforcement.Reconciling;

/// <summary>What a reconciliation came to.</summary>
/// <param name="IsComplete">False where the list broke off: what was found counts, the watermark stays.</param>
/// <param name="Digest">SHA-256 of the list's bytes as they came.</param>
internal sealed record ReconciliationResult(
    Guid Id, bool IsComplete, DateTimeOffset StartedAt, long Lines, long Stopped, long Unreadable, long Reopened,
    byte[] Digest);

/// <summary>Stores the evidence of a reconciliation with its leaf, and moves the watermark where it was whole.</summary>
internal sealed class ReconciliationStore(Databases databases, SecretBox secrets, TimeProvider clock)
{
    private const string Insert =
        """
        INSERT INTO optout.reconciliation (reconciliation_id, system_id, asked_by, complete, started_at, finished_at, lines,
            stopped, unreadable, reopened, list_digest, ledger_entry_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """;

    private const string Advance =
        """
        UPDATE optout.system_status SET last_reconciled_at = greatest(last_reconciled_at, $2) WHERE system_id = $1
        """;

    public async Task<DateTimeOffset> StoreAsync(
        ReconciliationResult result, DownstreamSystem system, string actor, CancellationToken cancellationToken)
    {
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        var leaf = Leaf(result, system, actor, now);
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Sql.Command(Insert,
            Sql.Value(result.Id), Sql.Value(system.Id), Sql.Value(actor), Sql.Value(result.IsComplete),
            Sql.Value(result.StartedAt), Sql.Value(now), Sql.Value(result.Lines), Sql.Value(result.Stopped),
            Sql.Value(result.Unreadable), Sql.Value(result.Reopened), Sql.Value(result.Digest), Sql.Value(leaf.Id)));
        // The moment the list began: what was recorded while it came may not be on it.
        if (result.IsComplete)
            batch.BatchCommands.Add(Sql.Command(Advance, Sql.Value(system.Id), Sql.Value(result.StartedAt)));
        LedgerPending.AddTo(batch, [leaf]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return now;
    }

    private LedgerEntry Leaf(ReconciliationResult result, DownstreamSystem system, string actor, DateTimeOffset now)
    {
        var payload = CanonicalJson.ToBytes(new CanonicalObject
        {
            { "lines", Text(result.Lines) },
            { "listDigest", Convert.ToBase64String(result.Digest) },
            { "reconciliationId", PublicId.Format(EnforcementIds.Reconciliation, result.Id) },
            { "reopened", Text(result.Reopened) },
            { "stopped", Text(result.Stopped) },
            { "type", "optout.reconciliation/1" },
            { "unreadable", Text(result.Unreadable) },
        });
        var facts = new LedgerFacts(LedgerKinds.Reconciled, result.Id, 0, actor, now, system.Name,
            result.IsComplete ? "complete" : "incomplete");
        return LedgerEntry.ForConfiguration(facts, payload, secrets);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
