using System.Text.Json;
using Npgsql;
using OptOut.Contracts;
using OptOut.Contracts.Json;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation.Schedules;
using OptOut.Service.Subjects;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>An accepted word, and what it does.</summary>
internal sealed record AcceptedAcknowledgement(
    Guid Id, Guid LedgerEntryId, AcknowledgementClaim Claim, AcknowledgedDelivery Delivery, string NewState);

/// <summary>
/// Takes a batch of words in one transaction: the evidence, the deliveries they close, the work rows that go with
/// them, the leaves. The rows are locked in one order, so that two replicas wait in line and not in a circle.
/// </summary>
internal sealed class AcknowledgementStore(
    Databases databases, SubjectKeys keys, RejectionBudget budget, TimeProvider clock)
{
    // A word may come before our own "sent" is stored. What a fetch gives is stored first, though, and nothing goes to a
    // system that stood still before the delivery was made.
    private const string LockDeliveries =
        """
        SELECT d.delivery_id, d.system_id, d.opt_out_id, d.version, v.record_hash, d.state, d.attempts, d.recorded_at,
            d.apply_by, s.survivor_id,
            EXISTS (SELECT FROM optout.delivery n WHERE n.opt_out_id = d.opt_out_id AND n.system_id = d.system_id
                AND n.version > d.version AND n.closed_at IS NOT NULL),
            d.sent_at,
            CASE WHEN d.acknowledgement_id IS NULL OR d.closed_at IS NOT NULL THEN '{}'::text[] ELSE ARRAY(
                SELECT a.message_id || ' ' || a.outcome FROM optout.acknowledgement a
                WHERE a.delivery_id = d.delivery_id ORDER BY a.received_at DESC LIMIT 100) END,
            d.sent_at IS NULL AND d.attempts = 0 AND d.probes = 0 AND d.closed_at IS NULL
                AND (y.channel ->> 'type' = 'pull' OR (y.state <> 'active' AND y.updated_at < d.recorded_at))
        FROM optout.delivery d
        JOIN optout.system y ON y.system_id = d.system_id
        JOIN optout.opt_out_version v ON v.opt_out_id = d.opt_out_id AND v.version = d.version
        JOIN optout.subject s ON s.subject_id = v.subject_id
        WHERE d.delivery_id = ANY ($1) ORDER BY d.delivery_id FOR NO KEY UPDATE OF d
        """;

    private const string InsertAccepted =
        """
        INSERT INTO optout.acknowledgement (acknowledgement_id, delivery_id, system_id, outcome, applied_at, actions,
            reason, source, message_id, body_hash, received_at, ledger_entry_id)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """;

    private const string MoveDeliveries =
        """
        UPDATE optout.delivery d SET
            state = t.state,
            acknowledgement_id = t.ack,
            received_at = coalesce(d.received_at, t.at),
            closed_at = CASE WHEN t.closes THEN t.at END,
            next_attempt_at = CASE WHEN t.closes THEN NULL ELSE now() + t.delay_ms * interval '1 millisecond' END
        FROM unnest($1, $2, $3, $4, $5, $6) AS t(id, state, ack, at, closes, delay_ms)
        WHERE d.delivery_id = t.id AND d.closed_at IS NULL
        """;

    private const string EndWork = "DELETE FROM optout.open_delivery WHERE delivery_id = ANY ($1)";

    private const string ContinueWork =
        """
        UPDATE optout.open_delivery o SET due_at = now() + t.delay_ms * interval '1 millisecond'
        FROM unnest($1, $2) AS t(id, delay_ms) WHERE o.delivery_id = t.id
        """;

    /// <summary>What the system had not answered of older versions is answered by its word on the newer one.</summary>
    private const string SupersedeOlder =
        """
        WITH gone AS (
            DELETE FROM optout.open_delivery o
            USING unnest($1, $2, $3) AS t(opt_out_id, system_id, version)
            JOIN optout.delivery older ON older.opt_out_id = t.opt_out_id AND older.system_id = t.system_id
                AND older.version < t.version
            WHERE o.delivery_id = older.delivery_id
            RETURNING o.delivery_id)
        UPDATE optout.delivery d SET state = 'superseded', closed_at = now(), reason_code = 'newer_version',
            next_attempt_at = NULL
        FROM gone WHERE d.delivery_id = gone.delivery_id AND d.closed_at IS NULL
        """;

    private const string PlanReadBack =
        """
        INSERT INTO optout.read_back (delivery_id, system_id, part, due_at)
        SELECT d, s, p, now() + ms * interval '1 millisecond' FROM unnest($1, $2, $3, $4) AS t(d, s, p, ms)
        ON CONFLICT (delivery_id) DO UPDATE SET due_at = excluded.due_at, tries = 0
        """;

    /// <summary>True to a second: else each batch of each replica would wait for the row that the other holds.</summary>
    private const string TouchSystems =
        """
        UPDATE optout.system_status SET last_acknowledged_at = $2
        WHERE system_id = ANY ($1)
            AND (last_acknowledged_at IS NULL OR last_acknowledged_at < $2 - interval '1 second')
        """;

    private const string InsertRejected =
        """
        INSERT INTO optout.rejected_acknowledgement (rejected_id, system_id, delivery_id, code, source, body_hash, received_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
        """;

    /// <summary>Every rejection is counted, in the order of the key so that replicas wait in line.</summary>
    private const string CountRejected =
        """
        INSERT INTO optout.rejected_acknowledgement_count AS c (system_id, hour, code, source, rejected)
        SELECT s, date_trunc('hour', now()), k, f, count(*) FROM unnest($1, $2, $3) AS t(s, k, f)
        GROUP BY s, k, f ORDER BY s, k, f
        ON CONFLICT (system_id, hour, code, source) DO UPDATE SET rejected = c.rejected + excluded.rejected
        """;

    /// <summary>Stores the claims and says what became of each, in order.</summary>
    public async Task<(IReadOnlyList<AcknowledgementVerdict> Verdicts, IReadOnlyList<AcceptedAcknowledgement> Accepted)>
        StoreAsync(IReadOnlyList<AcknowledgementClaim> claims, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var deliveries = await LockAsync(connection, transaction, claims, cancellationToken);

        var now = Milliseconds.Truncate(clock.GetUtcNow());
        var accepted = new List<AcceptedAcknowledgement>();
        var rejected = new List<(AcknowledgementClaim Claim, string Code, bool IsKept)>();
        var verdicts = new List<AcknowledgementVerdict>(claims.Count);
        foreach (var claim in claims)
        {
            var delivery = claim.DeliveryId is { } id ? deliveries.GetValueOrDefault(id) : null;
            var decision = AcknowledgementDecider.Decide(claim, delivery);
            if (decision.Rejection is { } code)
            {
                var isKept = budget.TryTake(claim.System?.Id);
                rejected.Add((claim, code, isKept));
                verdicts.Add(new AcknowledgementVerdict(null, code, isKept));
                continue;
            }

            var word = new AcceptedAcknowledgement(
                Guid.CreateVersion7(now), Guid.CreateVersion7(now), claim, delivery!, decision.NewState!);
            accepted.Add(word);
            verdicts.Add(new AcknowledgementVerdict(word.Id, null));
            // A later word of the same batch sees what this one did.
            deliveries[delivery!.DeliveryId] = delivery with
            {
                State = decision.NewState!,
                Heard = [.. delivery.Heard, AcknowledgementDecider.KeyOf(claim)],
            };
        }

        await WriteAsync(connection, transaction, accepted, rejected, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (verdicts, accepted);
    }

    private static async Task<Dictionary<Guid, AcknowledgedDelivery>> LockAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<AcknowledgementClaim> claims,
        CancellationToken cancellationToken)
    {
        // A claim that is refused already must not lock what it names.
        Guid[] ids = [.. claims.Where(c => c.Rejection is null).Select(c => c.DeliveryId).OfType<Guid>().Distinct()];
        var deliveries = new Dictionary<Guid, AcknowledgedDelivery>();
        if (ids.Length == 0)
            return deliveries;

        await using var command = new NpgsqlCommand(LockDeliveries, connection, transaction);
        command.Parameters.Add(Sql.Uuids(ids));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            deliveries.Add(reader.GetGuid(0), new AcknowledgedDelivery(
                reader.GetGuid(0), reader.GetInt32(1), reader.GetGuid(2), reader.GetInt32(3),
                reader.GetFieldValue<byte[]>(4), reader.GetString(5), reader.GetInt32(6),
                reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<DateTimeOffset>(8),
                reader.IsDBNull(11) ? null : reader.GetFieldValue<DateTimeOffset>(11), reader.GetGuid(9),
                reader.GetBoolean(10), reader.GetBoolean(13), reader.GetFieldValue<string[]>(12)));
        }

        return deliveries;
    }

    private async Task WriteAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        List<AcceptedAcknowledgement> accepted,
        List<(AcknowledgementClaim Claim, string Code, bool IsKept)> rejected,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var opened = await keys.LoadAsync(accepted.Select(a => a.Delivery.SurvivorId).ToHashSet(), cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        if (accepted.Count > 0)
        {
            AddAccepted(batch, accepted, now);
            AddMoves(batch, accepted, now);
            AddReadBacks(batch, [.. accepted.Where(a => a.Claim.ReadBackAfter is not null)]);
            LedgerPending.AddTo(batch, [.. accepted.Select(a => AcknowledgementLeaf.Of(a, opened, now))]);
        }

        if (rejected.Count > 0)
            AddRejected(batch, rejected, now);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddAccepted(NpgsqlBatch batch, List<AcceptedAcknowledgement> accepted, DateTimeOffset now) =>
        batch.BatchCommands.Add(Sql.Command(InsertAccepted,
            Sql.Uuids([.. accepted.Select(a => a.Id)]),
            Sql.Uuids([.. accepted.Select(a => a.Delivery.DeliveryId)]),
            Sql.Integers([.. accepted.Select(a => a.Delivery.SystemId)]),
            Sql.Texts([.. accepted.Select(a => WireNames.Of(a.Claim.Word!.Outcome))]),
            Sql.Times([.. accepted.Select(a => a.Claim.Word!.AppliedAt)]),
            Sql.Jsons([.. accepted.Select(a => JsonSerializer.Serialize(
                Redaction.OfActions(a.Claim.Word!.Actions), ContractsJson.Default.IReadOnlyListAcknowledgementAction))]),
            Sql.Texts([.. accepted.Select(a => Redaction.OfReason(a.Claim.Word!.Reason))]),
            Sql.Texts([.. accepted.Select(a => a.Claim.Source)]),
            Sql.Texts([.. accepted.Select(a => a.Claim.MessageId)]),
            Sql.Byteas([.. accepted.Select(a => a.Claim.BodyHash)]),
            Sql.Times([.. accepted.Select(_ => now)]),
            Sql.Uuids([.. accepted.Select(a => a.LedgerEntryId)])));

    private static void AddMoves(NpgsqlBatch batch, List<AcceptedAcknowledgement> accepted, DateTimeOffset now)
    {
        // The last word of the batch on a delivery is the one that counts.
        var last = accepted.GroupBy(a => a.Delivery.DeliveryId).Select(g => g.Last())
            .OrderBy(a => a.Delivery.DeliveryId).ToList();
        batch.BatchCommands.Add(Sql.Command(MoveDeliveries,
            Sql.Uuids([.. last.Select(a => a.Delivery.DeliveryId)]),
            Sql.Texts([.. last.Select(a => a.NewState)]),
            Sql.Uuids([.. last.Select(a => a.Id)]),
            Sql.Times([.. last.Select(_ => now)]),
            Sql.Booleans([.. last.Select(a => DeliveryStates.IsClosed(a.NewState))]),
            Sql.Integers([.. last.Select(a => DelayOf(a, now))])));

        var closed = last.Where(a => DeliveryStates.IsClosed(a.NewState)).ToList();
        batch.BatchCommands.Add(Sql.Command(EndWork, Sql.Uuids([.. closed.Select(a => a.Delivery.DeliveryId)])));
        var open = last.Except(closed).ToList();
        if (open.Count > 0)
            batch.BatchCommands.Add(Sql.Command(ContinueWork,
                Sql.Uuids([.. open.Select(a => a.Delivery.DeliveryId)]), Sql.Integers([.. open.Select(a => DelayOf(a, now))])));

        var newer = closed.Where(a => a.Delivery.Version > 1).ToList();
        if (newer.Count > 0)
            batch.BatchCommands.Add(Sql.Command(SupersedeOlder,
                Sql.Uuids([.. newer.Select(a => a.Delivery.OptOutId)]),
                Sql.Integers([.. newer.Select(a => a.Delivery.SystemId)]),
                Sql.Integers([.. newer.Select(a => a.Delivery.Version)])));
        batch.BatchCommands.Add(Sql.Command(TouchSystems,
            Sql.Integers([.. last.Select(a => a.Delivery.SystemId).Distinct().Order()]), Sql.Value(now)));
    }

    private static void AddReadBacks(NpgsqlBatch batch, AcceptedAcknowledgement[] applied)
    {
        if (applied.Length > 0)
            batch.BatchCommands.Add(Sql.Command(PlanReadBack,
                Sql.Uuids([.. applied.Select(a => a.Delivery.DeliveryId)]),
                Sql.Integers([.. applied.Select(a => a.Delivery.SystemId)]),
                Sql.Smallints([.. applied.Select(a => Partition.Of(a.Delivery.SurvivorId))]),
                Sql.Integers([.. applied.Select(a => (int)a.Claim.ReadBackAfter!.Value.TotalMilliseconds)])));
    }

    /// <summary>When a delivery that its word leaves open is due again.</summary>
    private static int DelayOf(AcceptedAcknowledgement word, DateTimeOffset now)
    {
        if (DeliveryStates.IsClosed(word.NewState))
            return 0;
        var progress = new DeliveryProgress(word.Claim.System!.Channel.Type, Math.Max(1, word.Delivery.Attempts),
            word.Delivery.ApplyBy, word.Delivery.SentAt);
        var next = RetryPlan.AfterOpenWord(
            progress, failed: word.NewState == DeliveryStates.Retrying, now, Random.Shared.NextDouble());
        return (int)Math.Clamp((next.At - now).TotalMilliseconds, 1_000, int.MaxValue);
    }

    private static void AddRejected(
        NpgsqlBatch batch, List<(AcknowledgementClaim Claim, string Code, bool IsKept)> rejected, DateTimeOffset now)
    {
        var kept = rejected.FindAll(r => r.IsKept);
        if (kept.Count > 0)
            batch.BatchCommands.Add(Sql.Command(InsertRejected,
                Sql.Uuids([.. kept.Select(_ => Guid.CreateVersion7(now))]),
                Sql.Integers([.. kept.Select(r => r.Claim.System?.Id)]),
                Sql.Uuids([.. kept.Select(r => r.Claim.DeliveryId)]),
                Sql.Texts([.. kept.Select(r => r.Code)]),
                Sql.Texts([.. kept.Select(r => r.Claim.Source)]),
                Sql.Byteas([.. kept.Select(r => r.Claim.BodyHash)]),
                Sql.Times([.. kept.Select(_ => now)])));
        // Last of all: nothing is waited for while these rows are held.
        batch.BatchCommands.Add(Sql.Command(CountRejected,
            Sql.Integers([.. rejected.Select(r => r.Claim.System?.Id ?? 0)]),
            Sql.Texts([.. rejected.Select(r => r.Code)]),
            Sql.Texts([.. rejected.Select(r => r.Claim.Source)])));
    }
}
