using System.Buffers.Binary;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OptOut.Contracts.Json;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Reading;

/// <summary>Which deliveries a list shows; null is any.</summary>
internal sealed record DeliveryFilter(string? System, string? State, bool? Overdue, Guid? OptOutId, DateTimeOffset? Since);

/// <summary>Reads deliveries, attempts and acknowledgements.</summary>
internal sealed class DeliveryQueries(Databases databases)
{
    private const string Columns =
        """
        y.name, d.delivery_id, d.opt_out_id, d.version, d.state, (d.closed_at IS NULL AND d.apply_by < now()), d.attempts,
        d.recorded_at, d.apply_by, d.sent_at, d.received_at, d.closed_at, d.next_attempt_at, d.reason_code,
        a.acknowledgement_id, a.outcome, a.applied_at, a.received_at, a.source, a.actions, a.reason
        """;

    private const string Joins =
        """
        JOIN optout.system y ON y.system_id = d.system_id
        LEFT JOIN optout.acknowledgement a ON a.acknowledgement_id = d.acknowledgement_id
        """;

    /// <summary>For each system its newest delivery up to the version: a version that only some need does not hide the rest.</summary>
    private const string OfOptOut =
        $"""
        SELECT {Columns}
        FROM (SELECT DISTINCT ON (system_id) * FROM optout.delivery
              WHERE opt_out_id = $1 AND version <= $2 ORDER BY system_id, version DESC) d {Joins}
        ORDER BY y.name
        """;

    private const string One = $"SELECT {Columns} FROM optout.delivery d {Joins} WHERE d.delivery_id = $1";

    private const string Attempts =
        """
        SELECT number, started_at, ended_at, outcome, status_code, worker FROM optout.attempt
        WHERE delivery_id = $1 ORDER BY number DESC LIMIT 1000
        """;

    /// <summary>Ids are time-ordered, so the id is the cursor and `since` a bound on it.</summary>
    private const string List =
        $"""
        SELECT {Columns} FROM optout.delivery d {Joins}
        WHERE d.delivery_id > $1 AND ($2::text IS NULL OR y.name = $2) AND ($3::text IS NULL OR d.state = $3)
            AND ($4::uuid IS NULL OR d.opt_out_id = $4)
            AND ($5::boolean IS NULL OR (d.closed_at IS NULL AND d.apply_by < now()) = $5)
            AND ($6::timestamptz IS NULL OR d.recorded_at >= $6)
        ORDER BY d.delivery_id LIMIT $7
        """;

    /// <summary>Open deliveries are few and have a table of their own: the question asked most never scans the rest.</summary>
    private const string ListOpen =
        $"""
        SELECT {Columns} FROM optout.open_delivery o JOIN optout.delivery d ON d.delivery_id = o.delivery_id {Joins}
        WHERE o.delivery_id > $1 AND ($2::text IS NULL OR y.name = $2) AND ($3::text IS NULL OR d.state = $3)
            AND ($4::uuid IS NULL OR d.opt_out_id = $4)
            AND ($5::boolean IS NULL OR (d.closed_at IS NULL AND d.apply_by < now()) = $5)
            AND ($6::timestamptz IS NULL OR d.recorded_at >= $6)
        ORDER BY o.delivery_id LIMIT $7
        """;

    public Task<List<DeliveryView>> OfOptOutAsync(Guid optOutId, int version, CancellationToken cancellationToken) =>
        ReadAsync(OfOptOut, cancellationToken, Sql.Value(optOutId), Sql.Value(version));

    public async Task<DeliveryView?> OneAsync(Guid deliveryId, CancellationToken cancellationToken) =>
        (await ReadAsync(One, cancellationToken, Sql.Value(deliveryId))).SingleOrDefault();

    public Task<List<DeliveryView>> ListAsync(
        DeliveryFilter filter, Guid after, int limit, CancellationToken cancellationToken)
    {
        if (filter.Since is { } since && Before(since) is var first && first > after)
            after = first;
        var onlyOpen = filter.Overdue == true || (filter.State is { } state && !DeliveryStates.IsClosed(state));
        return ReadAsync(onlyOpen ? ListOpen : List, cancellationToken,
            Sql.Value(after),
            Nullable(filter.System, NpgsqlDbType.Text),
            Nullable(filter.State, NpgsqlDbType.Text),
            Nullable(filter.OptOutId, NpgsqlDbType.Uuid),
            Nullable(filter.Overdue, NpgsqlDbType.Boolean),
            Nullable(filter.Since, NpgsqlDbType.TimestampTz),
            Sql.Value(limit));
    }

    /// <summary>Below every id of a delivery recorded at that time or later: an id begins with its time in milliseconds.</summary>
    private static Guid Before(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, time.ToUnixTimeMilliseconds()) << 16);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The newest thousand tries, newest first.</summary>
    public async Task<List<AttemptView>> AttemptsAsync(Guid deliveryId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Attempts);
        command.Parameters.Add(Sql.Value(deliveryId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var attempts = new List<AttemptView>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var (started, ended) = (reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2));
            attempts.Add(new AttemptView(reader.GetInt32(0), started, ended, (long)(ended - started).TotalMilliseconds,
                reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetInt32(4), reader.GetString(5)));
        }

        return attempts;
    }

    private async Task<List<DeliveryView>> ReadAsync(
        string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = databases.Main.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var deliveries = new List<DeliveryView>();
        while (await reader.ReadAsync(cancellationToken))
            deliveries.Add(Read(reader));
        return deliveries;
    }

    private static DeliveryView Read(NpgsqlDataReader reader)
    {
        var state = reader.GetString(4);
        var recordedAt = reader.GetFieldValue<DateTimeOffset>(7);
        var closedAt = Time(reader, 11);
        return new DeliveryView(
            reader.GetString(0),
            PublicId.Format(PublicId.Delivery, reader.GetGuid(1)),
            PublicId.Format(PublicId.OptOut, reader.GetGuid(2)),
            reader.GetInt32(3),
            state,
            reader.GetBoolean(5),
            reader.GetInt32(6),
            recordedAt,
            reader.GetFieldValue<DateTimeOffset>(8),
            Time(reader, 9),
            Time(reader, 10),
            state is DeliveryStates.Applied or DeliveryStates.Verified ? closedAt : null,
            closedAt,
            Time(reader, 12),
            closedAt is { } at ? Math.Max(0, (long)(at - recordedAt).TotalMilliseconds) : null,
            reader.IsDBNull(13) ? null : reader.GetString(13),
            reader.IsDBNull(14) ? null : ReadAcknowledgement(reader));
    }

    private static AcknowledgementView ReadAcknowledgement(NpgsqlDataReader reader) => new(
        PublicId.Format(PublicId.Acknowledgement, reader.GetGuid(14)),
        reader.GetString(15),
        Time(reader, 16),
        reader.GetFieldValue<DateTimeOffset>(17),
        reader.GetString(18),
        JsonSerializer.Deserialize(reader.GetString(19), ContractsJson.Default.IReadOnlyListAcknowledgementAction)!,
        reader.IsDBNull(20) ? null : reader.GetString(20));

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
