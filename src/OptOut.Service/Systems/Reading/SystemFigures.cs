using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Systems.Reading;

/// <summary>How a system is doing, counted from its deliveries. Every count has a bound, so that asking stays cheap.</summary>
internal sealed record SystemFigures(
    double? FailureRate, SystemLag Lag, long Open, long Overdue, DateTimeOffset? OldestOpenSince, long RejectedWords)
{
    /// <summary>What counts as lately.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>At most this many of the newest deliveries, of all systems, are looked at.</summary>
    public const int MaxSample = 50_000;

    /// <summary>At most this many open ones are counted.</summary>
    public const int MaxOpen = 1_000_000;

    // Ids are version 7 uuids: their order is the order of time, and the primary key serves the window.
    private const string Lately =
        """
        WITH newest AS MATERIALIZED (
            SELECT system_id, state, recorded_at, closed_at FROM optout.delivery
            WHERE delivery_id >= $2 ORDER BY delivery_id DESC LIMIT $3),
        own AS (SELECT state, extract(epoch FROM closed_at - recorded_at) * 1000 AS ms FROM newest WHERE system_id = $1)
        SELECT count(*),
               count(*) FILTER (WHERE state IN ('refused', 'retrying', 'parked')),
               count(*) FILTER (WHERE state IN ('applied', 'verified')),
               (percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE state IN ('applied', 'verified')))::bigint,
               (percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) FILTER (WHERE state IN ('applied', 'verified')))::bigint,
               (max(ms) FILTER (WHERE state IN ('applied', 'verified')))::bigint
        FROM own
        """;

    private const string OpenNow =
        """
        WITH open AS MATERIALIZED (
            SELECT delivery_id, apply_by FROM optout.open_delivery WHERE system_id = $1 LIMIT $3)
        SELECT count(*),
               count(*) FILTER (WHERE apply_by < $2),
               (SELECT d.recorded_at FROM optout.delivery d
                WHERE d.delivery_id = (SELECT delivery_id FROM open ORDER BY apply_by LIMIT 1))
        FROM open
        """;

    private const string Rejected =
        """
        SELECT coalesce(sum(rejected), 0)::bigint FROM optout.rejected_acknowledgement_count
        WHERE system_id = $1 AND hour > date_trunc('hour', now()) - interval '24 hours'
        """;

    public static async Task<SystemFigures> ReadAsync(
        NpgsqlDataSource database, int systemId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(
            Lately, Sql.Value(systemId), Sql.Value(FirstIdAt(now - Window)), Sql.Value(MaxSample)));
        batch.BatchCommands.Add(Sql.Command(OpenNow, Sql.Value(systemId), Sql.Value(now), Sql.Value(MaxOpen)));
        batch.BatchCommands.Add(Sql.Command(Rejected, Sql.Value(systemId)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var all = reader.GetInt64(0);
        var failing = reader.GetInt64(1);
        var lag = new SystemLag(Milliseconds(reader, 3), Milliseconds(reader, 4), Milliseconds(reader, 5), reader.GetInt64(2));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (open, overdue) = (reader.GetInt64(0), reader.GetInt64(1));
        DateTimeOffset? oldest = reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new SystemFigures(
            all == 0 ? null : Math.Round((double)failing / all, 4), lag, open, overdue, oldest, reader.GetInt64(0));
    }

    private static long? Milliseconds(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetInt64(column);

    // The smallest version 7 uuid of that millisecond.
    private static Guid FirstIdAt(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(time).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6..].Clear();
        return new Guid(bytes, bigEndian: true);
    }
}
