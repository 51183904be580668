using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Propagation.Redrives;

/// <summary>
/// Makes open deliveries of a system due, a page a time: the place is stored with the page, so a crash skips nothing, and
/// a lock of each redrive's own lets replicas share the work.
/// </summary>
internal sealed class RedriveRun(Databases databases, DispatchSignal dispatch)
{
    /// <summary>Deliveries a statement.</summary>
    public const int PageSize = 500;

    private const string Unfinished =
        """
        SELECT redrive_id FROM optout.redrive WHERE finished_at IS NULL AND started_at <= now() ORDER BY redrive_id LIMIT 64
        """;

    private const string Claim = "SELECT pg_try_advisory_xact_lock(7269, hashtext($1::text))";

    // What an operator asks for, and what a lost queue held, goes out again although it was sent, the latter once its
    // objective has passed; what only waited keeps its state until it is tried.
    // Deliveries are locked first and in order, as everywhere.
    private static readonly string Page =
        $"""
        WITH run AS MATERIALIZED (
            SELECT r.* FROM optout.redrive r JOIN optout.system y USING (system_id)
            WHERE r.redrive_id = $1 AND r.finished_at IS NULL AND y.state <> 'retired'),
        page AS MATERIALIZED (
            SELECT d.delivery_id, r.kind FROM run r
            CROSS JOIN LATERAL (
                SELECT o.delivery_id FROM optout.open_delivery o JOIN optout.delivery d USING (delivery_id)
                WHERE o.system_id = r.system_id AND o.delivery_id > coalesce(r.after_id, '{Guid.Empty}')
                    AND CASE r.kind
                        WHEN 'replay' THEN d.recorded_at BETWEEN r.since AND r.started_at AND d.state <> 'pending'
                        WHEN 'queue_lost' THEN d.sent_at < r.since AND d.state IN ('sent', 'received', 'parked')
                            AND (SELECT a.ended_at FROM optout.attempt a WHERE a.delivery_id = d.delivery_id
                                 ORDER BY a.number DESC LIMIT 1) < r.since
                        ELSE d.state IN ('retrying', 'parked') AND o.due_at > now() END
                ORDER BY o.delivery_id LIMIT {PageSize}) o
            JOIN optout.delivery d ON d.delivery_id = o.delivery_id
            WHERE d.closed_at IS NULL ORDER BY d.delivery_id FOR NO KEY UPDATE OF d),
        moved AS (
            UPDATE optout.delivery d SET
                next_attempt_at = CASE p.kind WHEN 'queue_lost' THEN greatest(now(), d.apply_by) ELSE now() END,
                state = CASE WHEN p.kind IN ('replay', 'queue_lost') THEN 'retrying' ELSE d.state END,
                asked = d.asked + CASE p.kind WHEN 'replay' THEN 1 ELSE 0 END
            FROM page p WHERE d.delivery_id = p.delivery_id),
        due AS (
            UPDATE optout.open_delivery o
            SET due_at = CASE p.kind WHEN 'queue_lost' THEN greatest(now(), o.apply_by) ELSE now() END
            FROM page p WHERE o.delivery_id = p.delivery_id)
        UPDATE optout.redrive r SET
            after_id = coalesce((SELECT delivery_id FROM page ORDER BY delivery_id DESC LIMIT 1), r.after_id),
            done = r.done + (SELECT count(*) FROM page),
            finished_at = CASE WHEN (SELECT count(*) FROM page) = 0 THEN now() END
        WHERE r.redrive_id = $1 AND r.finished_at IS NULL
        RETURNING finished_at IS NULL
        """;

    /// <summary>One page for each redrive that is not done. Returns how many still may have more.</summary>
    public async Task<int> RoundAsync(CancellationToken cancellationToken)
    {
        var more = 0;
        foreach (var id in await UnfinishedAsync(cancellationToken))
            if (await PageAsync(id, cancellationToken)) more++;
        if (more > 0)
            dispatch.Wake();
        return more;
    }

    private async Task<List<Guid>> UnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Unfinished);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken)) ids.Add(reader.GetGuid(0));
        return ids;
    }

    private async Task<bool> PageAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var claim = new NpgsqlCommand(Claim, connection, transaction);
        claim.Parameters.Add(Sql.Value(id));
        if (await claim.ExecuteScalarAsync(cancellationToken) is not true) return false;
        await using var page = new NpgsqlCommand(Page, connection, transaction);
        page.Parameters.Add(Sql.Value(id));
        var more = await page.ExecuteScalarAsync(cancellationToken) is true;
        await transaction.CommitAsync(cancellationToken);
        return more;
    }
}
