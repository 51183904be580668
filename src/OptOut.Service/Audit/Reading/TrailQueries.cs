using System.Buffers.Binary;
using System.Text.Json;
using Npgsql;
using OptOut.Contracts.Json;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reading;

/// <summary>Where a page of the trail ended: time, sort of event, id, number.</summary>
internal readonly record struct TrailPosition(DateTimeOffset At, int Rank, Guid Id, int Number)
{
    private const int Bytes = sizeof(long) + sizeof(int) + 16 + sizeof(int);

    // No claim of a caller's may lie before 1990.
    public static TrailPosition Start { get; } = new(DateTimeOffset.UnixEpoch, 0, Guid.Empty, 0);

    public static TrailPosition From(byte[]? bytes) => bytes is not { Length: Bytes }
        ? Start
        : new TrailPosition(
            new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(bytes), TimeSpan.Zero),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8)),
            new Guid(bytes.AsSpan(12, 16), bigEndian: true),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(28)));

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, At.UtcTicks);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), Rank);
        Id.TryWriteBytes(bytes.AsSpan(12), bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), Number);
        return bytes;
    }
}

/// <summary>Everything about one opt-out in order of time, from the tables that hold the evidence.</summary>
internal sealed class TrailQueries(Databases databases)
{
    private const string Trail =
        """
        WITH v AS (SELECT * FROM optout.opt_out_version WHERE opt_out_id = $1),
        d AS (SELECT d.*, y.name FROM optout.delivery d JOIN optout.system y ON y.system_id = d.system_id
              WHERE d.opt_out_id = $1)
        SELECT t.*, l.entry_index FROM (
            SELECT * FROM (
                SELECT occurred_at AS at, 0 AS rank, ledger_entry_id AS id, version AS number, 'requested' AS kind, version,
                    NULL AS system, NULL::uuid AS delivery_id, origin_method AS outcome, NULL::int AS status_code,
                    NULL::jsonb AS actions, NULL::uuid AS entry_id
                FROM v
                UNION ALL SELECT recorded_at, 1, ledger_entry_id, version,
                    CASE state WHEN 'opted_in' THEN 'reversed' ELSE 'recorded' END, version,
                    NULL, NULL, reason_code, NULL, NULL, ledger_entry_id
                FROM v
                UNION ALL SELECT recorded_at, 2, delivery_id, version, 'delivery_opened', version,
                    name, delivery_id, NULL, NULL, NULL, NULL
                FROM d
                UNION ALL SELECT a.started_at, 3, a.delivery_id, a.number, 'attempted', d.version,
                    d.name, a.delivery_id, a.outcome, a.status_code, NULL, NULL
                FROM d JOIN optout.attempt a ON a.delivery_id = d.delivery_id
                UNION ALL SELECT a.received_at, 4, a.acknowledgement_id, d.version, 'acknowledged', d.version,
                    d.name, a.delivery_id, a.outcome, NULL, a.actions, a.ledger_entry_id
                FROM d JOIN optout.acknowledgement a ON a.delivery_id = d.delivery_id
                UNION ALL SELECT r.received_at, 5, r.rejected_id, d.version, 'acknowledgement_rejected', d.version,
                    d.name, r.delivery_id, r.code, NULL, NULL, NULL
                FROM d JOIN optout.rejected_acknowledgement r ON r.delivery_id = d.delivery_id
                UNION ALL SELECT b.started_at, 7, b.answer_id, d.version, 'read_back', d.version,
                    d.name, b.delivery_id, b.verdict, b.status_code, NULL, b.ledger_entry_id
                FROM d JOIN optout.read_back_answer b ON b.delivery_id = d.delivery_id
                UNION ALL SELECT closed_at, 6, delivery_id, version, 'closed', version,
                    name, delivery_id, state, NULL, NULL, NULL
                FROM d WHERE closed_at IS NOT NULL
                UNION ALL SELECT q.requested_at, 8, q.ledger_entry_id, d.version, 'resend_asked', d.version,
                    d.name, q.delivery_id, q.requested_by, NULL, NULL, q.ledger_entry_id
                FROM d JOIN optout.resend q ON q.delivery_id = d.delivery_id
                UNION ALL SELECT at, 7, decision_id, version, 'decided', version,
                    NULL, NULL, outcome || '_by_' || mode, NULL, NULL, ledger_entry_id
                FROM optout.decision WHERE opt_out_id = $1
            ) e
            WHERE (at, rank, id, number) > ($2, $3, $4, $5) ORDER BY at, rank, id, number LIMIT $6
        ) t
        LEFT JOIN LATERAL (SELECT entry_index FROM ledger.leaf WHERE entry_id = t.entry_id) l ON true
        ORDER BY at, rank, id, number
        """;

    public async Task<List<(TrailPosition Position, TrailItem Item)>> ReadAsync(
        Guid optOutId, TrailPosition after, int limit, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Trail);
        NpgsqlParameter[] values =
        [
            Sql.Value(optOutId), Sql.Value(after.At), Sql.Value(after.Rank), Sql.Value(after.Id), Sql.Value(after.Number),
            Sql.Value(limit),
        ];
        command.Parameters.AddRange(values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(TrailPosition, TrailItem)> items = [];
        while (await reader.ReadAsync(cancellationToken))
            items.Add((Position(reader), Item(reader)));
        return items;
    }

    private static TrailPosition Position(NpgsqlDataReader reader) => new(
        reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt32(1), reader.GetGuid(2), reader.GetInt32(3));

    private static TrailItem Item(NpgsqlDataReader reader) => new(
        reader.GetFieldValue<DateTimeOffset>(0),
        reader.GetString(4),
        reader.GetInt32(5),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.IsDBNull(7) ? null : PublicId.Format(PublicId.Delivery, reader.GetGuid(7)),
        reader.IsDBNull(8) ? null : reader.GetString(8),
        reader.IsDBNull(9) ? null : reader.GetInt32(9),
        reader.IsDBNull(10)
            ? null
            : JsonSerializer.Deserialize(reader.GetString(10), ContractsJson.Default.IReadOnlyListAcknowledgementAction),
        reader.IsDBNull(11) ? null : reader.GetGuid(11).ToString("N"),
        reader.IsDBNull(12) ? null : reader.GetInt64(12));
}
