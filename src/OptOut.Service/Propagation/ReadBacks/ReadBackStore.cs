using Npgsql;
using OptOut.Contracts;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Subjects;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.ReadBacks;

/// <summary>A delivery whose vendor is to be asked, and how often that has found out nothing.</summary>
internal sealed record DueReadBack(ClaimedDelivery Delivery, int Tries);

/// <summary>
/// Which applied deliveries are due to be read back, and what an answer does. A part belongs to one process, so a plain
/// read is the claim.
/// </summary>
internal sealed class ReadBackStore(Databases databases, SubjectKeys keys, WorkerName worker, TimeProvider clock)
{
    /// <summary>Times that a vendor may have forgotten one stop before people are called.</summary>
    public const int MaxAbsences = 3;

    /// <summary>Questions without an answer after which the word that the vendor gave is left to stand.</summary>
    public const int MaxTries = 8;

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(24),
    ];

    private const string Due =
        $"""
        SELECT {DeliveryClaims.Columns}, o.tries
        FROM (
            SELECT r.delivery_id, r.system_id, d.opt_out_id, d.version, d.apply_by, r.part, r.due_at, r.tries
            FROM optout.read_back r JOIN optout.delivery d ON d.delivery_id = r.delivery_id
            WHERE r.due_at <= now() AND r.part = ANY ($1) AND NOT r.delivery_id = ANY ($2)
            ORDER BY r.due_at LIMIT $3) o
        {DeliveryClaims.Records}
        """;

    private const string Drop = "DELETE FROM optout.read_back WHERE delivery_id = $1";

    private const string Verify =
        "UPDATE optout.delivery SET state = 'verified' WHERE delivery_id = $1 AND state = 'applied' RETURNING delivery_id";

    // A newer version says everything that this one would.
    private const string Reopen =
        """
        WITH forgotten AS (
            SELECT count(*) + 1 >= $2 AS too_often FROM optout.read_back_answer
            WHERE delivery_id = $1 AND verdict = 'absent' AND ledger_entry_id IS NOT NULL),
        reopened AS (
            UPDATE optout.delivery d SET closed_at = NULL, reason_code = 'read_back_absent',
                state = CASE WHEN f.too_often THEN 'parked' ELSE 'retrying' END,
                next_attempt_at = CASE WHEN f.too_often THEN now() + interval '1 day' ELSE now() END
            FROM forgotten f
            WHERE d.delivery_id = $1 AND d.state = 'applied' AND NOT EXISTS (
                SELECT FROM optout.delivery n WHERE n.opt_out_id = d.opt_out_id AND n.system_id = d.system_id
                    AND n.version > d.version)
            RETURNING d.delivery_id, d.system_id, d.opt_out_id, d.version, d.next_attempt_at, d.apply_by)
        INSERT INTO optout.open_delivery (delivery_id, system_id, opt_out_id, version, part, due_at, apply_by)
        SELECT delivery_id, system_id, opt_out_id, version, $3, next_attempt_at, apply_by FROM reopened
        RETURNING delivery_id
        """;

    private const string AskAgain =
        "UPDATE optout.read_back SET due_at = now() + $2 * interval '1 millisecond', tries = tries + 1 WHERE delivery_id = $1";

    private const string InsertAnswer =
        """
        INSERT INTO optout.read_back_answer (answer_id, delivery_id, started_at, ended_at, verdict, status_code,
            evidence_hash, worker, ledger_entry_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    public async Task<List<DueReadBack>> DueAsync(
        SystemSet systems, short[] parts, Guid[] asked, int limit, CancellationToken cancellationToken)
    {
        var due = new List<DueReadBack>();
        if (parts.Length == 0 || limit <= 0)
            return due;
        await using var command = databases.Main.CreateCommand(Due);
        command.Parameters.Add(Sql.Smallints(parts));
        command.Parameters.Add(Sql.Uuids(asked));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            if (systems.ById.TryGetValue(reader.GetInt32(1), out var system))
                due.Add(new DueReadBack(DeliveryClaims.Read(reader, system), reader.GetInt32(reader.GetOrdinal("tries"))));
        return due;
    }

    /// <summary>Nothing is asked any more: the system is gone, or its definition asks nothing.</summary>
    public async Task DropAsync(Guid deliveryId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Drop);
        command.Parameters.Add(Sql.Value(deliveryId));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>True where the delivery is open again.</summary>
    public async Task<bool> StoreAsync(DueReadBack due, ReadBackResult result, CancellationToken cancellationToken)
    {
        var delivery = due.Delivery;
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var moved = result.Verdict switch
        {
            ReadBackVerdict.Present => await MovesAsync(connection, transaction, Verify, [Sql.Value(delivery.DeliveryId)], cancellationToken),
            ReadBackVerdict.Absent => await MovesAsync(connection, transaction, Reopen,
                [Sql.Value(delivery.DeliveryId), Sql.Value(MaxAbsences), Sql.Value(delivery.Part)], cancellationToken),
            _ => false,
        };
        await using var batch = new NpgsqlBatch(connection, transaction);
        var leaf = moved ? await LeafAsync(delivery, result, cancellationToken) : null;
        var waits = result.Verdict == ReadBackVerdict.Unknown && due.Tries + 1 < MaxTries;
        batch.BatchCommands.Add(waits
            ? Sql.Command(AskAgain, Sql.Value(delivery.DeliveryId),
                Sql.Value((int)Delays[Math.Min(due.Tries, Delays.Length - 1)].TotalMilliseconds))
            : Sql.Command(Drop, Sql.Value(delivery.DeliveryId)));
        batch.BatchCommands.Add(Sql.Command(InsertAnswer,
            Sql.Value(Guid.CreateVersion7(clock.GetUtcNow())), Sql.Value(delivery.DeliveryId),
            Sql.Value(result.StartedAt), Sql.Value(result.EndedAt), Sql.Value(WireNames.Of(result.Verdict)),
            new NpgsqlParameter { Value = (object?)result.StatusCode ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer },
            Sql.Value(result.EvidenceHash), Sql.Value(worker.Value),
            new NpgsqlParameter { Value = (object?)leaf?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid }));
        if (leaf is not null)
            LedgerPending.AddTo(batch, [leaf]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return moved && result.Verdict == ReadBackVerdict.Absent;
    }

    private static async Task<bool> MovesAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, NpgsqlParameter[] parameters,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private async Task<LedgerEntry> LeafAsync(
        ClaimedDelivery delivery, ReadBackResult result, CancellationToken cancellationToken)
    {
        var opened = await keys.LoadAsync(new HashSet<Guid> { delivery.SurvivorId }, cancellationToken);
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        var kind = result.Verdict == ReadBackVerdict.Present ? LedgerKinds.Verified : LedgerKinds.Forgotten;
        return LedgerEntry.ForSubject(
            Guid.CreateVersion7(now),
            new LedgerFacts(kind, delivery.DeliveryId, delivery.Version, "svc:read-back", now, delivery.System.Name,
                WireNames.Of(result.Verdict)),
            CanonicalJson.ToBytes(new CanonicalObject
            {
                { "deliveryId", delivery.DeliveryId.ToString("N") },
                { "evidenceHash", Convert.ToBase64String(result.EvidenceHash) },
                { "type", "optout.read_back/1" },
                { "verdict", WireNames.Of(result.Verdict) },
            }),
            delivery.SurvivorId, opened.GetValueOrDefault(delivery.SurvivorId));
    }
}
