using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Schedules;
using OptOut.Service.Subjects;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>What became of one try, and what the schedule says next.</summary>
internal sealed record TriedDelivery(ClaimedDelivery Delivery, AttemptResult Result, RetryDecision Next)
{
    /// <summary>The state the delivery moves to, if nothing has closed it meanwhile.</summary>
    public string State => Next is RetryDecision.Park ? DeliveryStates.Parked
        : Result.Outcome is AttemptOutcome.Sent or AttemptOutcome.Acknowledged ? DeliveryStates.Sent
        : DeliveryStates.Retrying;

    /// <summary>A probe that failed before its delivery's time: evidence, and no step of the schedule.</summary>
    public bool IsAhead => Delivery.AheadBy > TimeSpan.Zero
        && Result.Outcome is not (AttemptOutcome.Sent or AttemptOutcome.Acknowledged);

    public bool IsNewlyParked => State == DeliveryStates.Parked && Delivery.State != DeliveryStates.Parked;
}

/// <summary>
/// Stores attempts and moves deliveries on, many in one round trip. An acknowledgement that came during the try wins, and
/// so does an operator's question for another: it has said what state the delivery is in and when it is due again, and
/// the try only adds its evidence.
/// </summary>
internal sealed class DispatchResults(Databases databases, SubjectKeys keys, WorkerName worker, TimeProvider clock)
{
    private const int DeadlockRetries = 5;
    private static readonly TimeSpan UnreadableDelay = TimeSpan.FromMinutes(1);

    // What the attempt's row needs comes out of the update itself: joined to the input again, each row would be
    // compared with each.
    private const string StoreAttempts =
        """
        WITH u AS (
            UPDATE optout.delivery d SET
                attempts = d.attempts + 1,
                probes = d.probes + r.ahead,
                state = CASE
                    WHEN d.closed_at IS NOT NULL OR d.acknowledgement_id IS DISTINCT FROM r.heard OR d.asked <> r.asked THEN d.state
                    WHEN r.state = 'sent' AND d.state = 'received' THEN d.state
                    ELSE r.state END,
                sent_at = CASE WHEN r.outcome IN ('sent', 'acknowledged') THEN coalesce(d.sent_at, r.ended) ELSE d.sent_at END,
                next_attempt_at = CASE
                    WHEN d.closed_at IS NOT NULL OR d.acknowledgement_id IS DISTINCT FROM r.heard OR d.asked <> r.asked THEN d.next_attempt_at
                    ELSE now() + r.delay_ms * interval '1 millisecond' END
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $10, $11)
                AS r(id, state, started, ended, outcome, status, delay_ms, heard, asked, ahead)
            WHERE d.delivery_id = r.id
            RETURNING d.delivery_id, d.attempts, d.acknowledgement_id IS NOT DISTINCT FROM r.heard AND d.asked = r.asked AS unheard,
                r.started, r.ended, r.outcome, r.status, r.delay_ms
        ), later AS (
            UPDATE optout.open_delivery o SET due_at = now() + u.delay_ms * interval '1 millisecond',
                failed = u.outcome NOT IN ('sent', 'acknowledged')
            FROM u WHERE o.delivery_id = u.delivery_id AND u.unheard)
        INSERT INTO optout.attempt (delivery_id, number, started_at, ended_at, outcome, status_code, worker)
        SELECT delivery_id, attempts, started, ended, outcome, status, $9 FROM u
        """;

    private const string Reschedule =
        """
        WITH later AS (
            UPDATE optout.open_delivery o SET due_at = now() + t.delay_ms * interval '1 millisecond'
            FROM unnest($1, $2) AS t(id, delay_ms) WHERE o.delivery_id = t.id RETURNING o.delivery_id, o.due_at)
        UPDATE optout.delivery d SET next_attempt_at = later.due_at
        FROM later WHERE d.delivery_id = later.delivery_id AND d.closed_at IS NULL
        """;

    private const string Park =
        "UPDATE optout.delivery SET state = 'parked' WHERE delivery_id = ANY ($1) AND closed_at IS NULL";

    private const string Supersede =
        """
        WITH gone AS (DELETE FROM optout.open_delivery WHERE delivery_id = ANY ($1) RETURNING delivery_id)
        UPDATE optout.delivery d SET state = 'superseded', closed_at = now(), reason_code = 'newer_version',
            next_attempt_at = NULL
        FROM gone WHERE d.delivery_id = gone.delivery_id AND d.closed_at IS NULL
        """;

    /// <summary>Stores tries with their outcome, and a leaf for each delivery that is parked by it.</summary>
    public Task StoreAsync(IReadOnlyList<TriedDelivery> tried, CancellationToken cancellationToken)
    {
        // In one order everywhere, so that two transactions never wait for each other in a circle.
        var rows = tried.OrderBy(t => t.Delivery.DeliveryId).ToArray();
        return rows.Length == 0 ? Task.CompletedTask : WithRetriesAsync(() => StoreOnceAsync(rows, cancellationToken));
    }

    /// <summary>The schedule of looks is exhausted and no word has come: alarmed, and sent again daily.</summary>
    public async Task ParkAsync(IReadOnlyList<(ClaimedDelivery Delivery, DateTimeOffset At)> parked, CancellationToken cancellationToken)
    {
        if (parked.Count == 0)
            return;
        var rows = parked.OrderBy(p => p.Delivery.DeliveryId).ToArray();
        var leaves = await ParkedLeavesAsync([.. rows.Where(r => r.Delivery.State != DeliveryStates.Parked).Select(r => (r.Delivery, "no_acknowledgement"))],
            cancellationToken);
        Guid[] ids = [.. rows.Select(r => r.Delivery.DeliveryId)];
        var now = clock.GetUtcNow();
        await WithRetriesAsync(async () =>
        {
            await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var batch = new NpgsqlBatch(connection, transaction);
            batch.BatchCommands.Add(Sql.Command(Park, Sql.Uuids(ids)));
            batch.BatchCommands.Add(Sql.Command(Reschedule,
                Sql.Uuids(ids), Sql.Integers([.. rows.Select(r => Delay(r.At, now))])));
            LedgerPending.AddTo(batch, leaves);
            await batch.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        });
    }

    /// <summary>Moves deliveries on in time without a try.</summary>
    public Task RescheduleAsync(
        IReadOnlyList<(Guid DeliveryId, DateTimeOffset At)> looked, CancellationToken cancellationToken)
    {
        if (looked.Count == 0)
            return Task.CompletedTask;
        var now = clock.GetUtcNow();
        var rows = looked.OrderBy(l => l.DeliveryId).ToArray();
        return WithRetriesAsync(async () =>
        {
            await using var command = databases.Main.CreateCommand(Reschedule);
            command.Parameters.Add(Sql.Uuids([.. rows.Select(r => r.DeliveryId)]));
            command.Parameters.Add(Sql.Integers([.. rows.Select(r => Delay(r.At, now))]));
            await command.ExecuteNonQueryAsync(cancellationToken);
        });
    }

    /// <summary>What cannot be built now waits a minute, so that it holds back nothing else.</summary>
    public Task PutOffAsync(IReadOnlyList<ClaimedDelivery> unreadable, CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow() + UnreadableDelay;
        return RescheduleAsync([.. unreadable.Select(d => (d.DeliveryId, at))], cancellationToken);
    }

    /// <summary>Closes deliveries that a newer version has overtaken.</summary>
    public Task SupersedeAsync(IReadOnlyList<Guid> deliveryIds, CancellationToken cancellationToken)
    {
        if (deliveryIds.Count == 0)
            return Task.CompletedTask;
        return WithRetriesAsync(async () =>
        {
            await using var command = databases.Main.CreateCommand(Supersede);
            command.Parameters.Add(Sql.Uuids([.. deliveryIds.Order()]));
            await command.ExecuteNonQueryAsync(cancellationToken);
        });
    }

    private async Task StoreOnceAsync(TriedDelivery[] rows, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        Guid[] ids = [.. rows.Select(r => r.Delivery.DeliveryId)];
        int[] delays = [.. rows.Select(r => Delay(r.Next.At, now))];
        var leaves = await ParkedLeavesAsync(
            [.. rows.Where(r => r.IsNewlyParked).Select(r => (r.Delivery, r.Result.Outcome.ToText()))], cancellationToken);

        // A batch outside of a transaction is one by itself: whole or not at all, in one round trip.
        await using var batch = databases.Main.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(StoreAttempts,
            Sql.Uuids(ids),
            Sql.Texts([.. rows.Select(r => r.State)]),
            Sql.Times([.. rows.Select(r => r.Result.StartedAt)]),
            Sql.Times([.. rows.Select(r => r.Result.EndedAt)]),
            Sql.Texts([.. rows.Select(r => r.Result.Outcome.ToText())]),
            Sql.Integers([.. rows.Select(r => r.Result.StatusCode)]),
            Sql.Integers(delays),
            Sql.Uuids([.. rows.Select(r => r.Delivery.AcknowledgementId)]),
            Sql.Value(worker.Value),
            Sql.Integers([.. rows.Select(r => r.Delivery.Asked)]),
            Sql.Integers([.. rows.Select(r => r.IsAhead ? 1 : 0)])));
        LedgerPending.AddTo(batch, leaves);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        foreach (var row in rows)
            OptOutTelemetry.Delivered(row.Delivery.System.Channel.Type, row.Result.Outcome.ToText());
    }

    private async Task<IReadOnlyList<LedgerEntry>> ParkedLeavesAsync(
        (ClaimedDelivery Delivery, string Outcome)[] parked, CancellationToken cancellationToken)
    {
        if (parked.Length == 0)
            return [];

        var opened = await keys.LoadAsync(parked.Select(r => r.Delivery.SurvivorId).ToHashSet(), cancellationToken);
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        return
        [
            .. parked.Select(r => LedgerEntry.ForSubject(
                Guid.CreateVersion7(now),
                new LedgerFacts(LedgerKinds.Parked, r.Delivery.DeliveryId, r.Delivery.Version, "svc:dispatch", now,
                    r.Delivery.System.Name, r.Outcome),
                CanonicalJson.ToBytes(new CanonicalObject
                {
                    { "deliveryId", r.Delivery.DeliveryId.ToString("N") },
                    { "outcome", r.Outcome },
                    { "type", "optout.parked/1" },
                }),
                r.Delivery.SurvivorId, opened.GetValueOrDefault(r.Delivery.SurvivorId))),
        ];
    }

    private static int Delay(DateTimeOffset at, DateTimeOffset now) =>
        (int)Math.Clamp((at - now).TotalMilliseconds, 0, int.MaxValue);

    private static async Task WithRetriesAsync(Func<Task> run)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await run();
                return;
            }
            catch (PostgresException exception)
                when (attempt < DeadlockRetries && exception.SqlState == PostgresErrorCodes.DeadlockDetected)
            {
                // The other transaction has won and is gone; ours starts anew.
            }
        }
    }
}

/// <summary>Which process made an attempt: host and process, in evidence and nowhere outside.</summary>
internal sealed record WorkerName(string Value);
