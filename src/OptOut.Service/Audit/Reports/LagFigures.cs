using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Reports;

/// <summary>How one system's deliveries of a period ended, and how long they took.</summary>
internal sealed record SystemLagFigures(
    int SystemId, long Deliveries, long Applied, long? P50Ms, long? P95Ms, long? MaxMs, long LateApplied, long LateNoMatch,
    long LateRefused, long LateSuperseded, long LateOpen, long Beyond2Days, long Beyond14Days, long Beyond21Days, long Beyond30Days);

/// <summary>
/// Reads the deliveries of a period once. Lags are counted in buckets two hundredths wide, so a period of millions needs no
/// sorting; the greatest is exact, and so is a bucket's mean where all in it are alike.
/// </summary>
internal static class LagFigures
{
    // Ids are in order of time: the primary key serves the period. Synthetic stops are not business.
    private const string Query =
        """
        SELECT system_id, bucket, count(*), avg(ms)::bigint, max(ms)::bigint,
            sum(late_applied)::bigint, sum(late_no_match)::bigint, sum(late_refused)::bigint, sum(late_superseded)::bigint, sum(late_open)::bigint,
            count(*) FILTER (WHERE age > 172800), count(*) FILTER (WHERE age > 1209600),
            count(*) FILTER (WHERE age > 1814400), count(*) FILTER (WHERE age > 2592000)
        FROM (
            SELECT d.system_id, d.state,
                CASE WHEN d.state IN ('applied', 'verified')
                    THEN greatest(0, extract(epoch FROM d.closed_at - d.recorded_at) * 1000)::float8 END AS ms,
                CASE WHEN d.state IN ('applied', 'verified')
                    THEN round(ln(greatest(1, extract(epoch FROM d.closed_at - d.recorded_at) * 1000)::float8) * 50)::integer END AS bucket,
                extract(epoch FROM coalesce(d.closed_at, now()) - d.recorded_at)::float8 AS age,
                (coalesce(d.closed_at, now()) > d.apply_by AND d.state IN ('applied', 'verified'))::integer AS late_applied,
                (coalesce(d.closed_at, now()) > d.apply_by AND d.state = 'no_match')::integer AS late_no_match,
                (coalesce(d.closed_at, now()) > d.apply_by AND d.state = 'refused')::integer AS late_refused,
                (coalesce(d.closed_at, now()) > d.apply_by AND d.state = 'superseded')::integer AS late_superseded,
                (d.closed_at IS NULL AND now() > d.apply_by)::integer AS late_open
            FROM optout.delivery d
            WHERE d.delivery_id >= optout.first_id_at($1) AND d.delivery_id < optout.first_id_at($2)
                AND NOT EXISTS (SELECT FROM optout.opt_out_version v WHERE v.opt_out_id = d.opt_out_id AND v.synthetic)) t
        GROUP BY system_id, bucket
        """;

    public static async Task<Dictionary<int, SystemLagFigures>> ReadAsync(
        NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        command.Parameters.Add(Sql.Value(from));
        command.Parameters.Add(Sql.Value(to));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var buckets = new List<Bucket>();
        while (await reader.ReadAsync(cancellationToken))
        {
            buckets.Add(new Bucket(
                reader.GetInt32(0), reader.IsDBNull(1) ? null : reader.GetInt32(1), reader.GetInt64(2),
                reader.IsDBNull(3) ? 0 : reader.GetInt64(3), reader.IsDBNull(4) ? 0 : reader.GetInt64(4),
                [.. Enumerable.Range(5, 9).Select(reader.GetInt64)]));
        }

        return buckets.GroupBy(b => b.SystemId).ToDictionary(group => group.Key, group => Sum(group.Key, [.. group]));
    }

    private static SystemLagFigures Sum(int systemId, Bucket[] buckets)
    {
        var applied = buckets.Where(b => b.Number is not null).OrderBy(b => b.Number).ToArray();
        var count = applied.Sum(b => b.Count);
        var sums = Enumerable.Range(0, 9).Select(i => buckets.Sum(b => b.Sums[i])).ToArray();
        return new SystemLagFigures(systemId, buckets.Sum(b => b.Count), count,
            Percentile(applied, count, 0.5), Percentile(applied, count, 0.95), count == 0 ? null : applied.Max(b => b.Max),
            sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8]);
    }

    private static long? Percentile(Bucket[] sorted, long count, double share)
    {
        var rank = (long)Math.Ceiling(count * share);
        foreach (var bucket in sorted)
        {
            rank -= bucket.Count;
            if (rank <= 0) return bucket.Mean;
        }

        return null;
    }

    private sealed record Bucket(int SystemId, int? Number, long Count, long Mean, long Max, long[] Sums);
}
