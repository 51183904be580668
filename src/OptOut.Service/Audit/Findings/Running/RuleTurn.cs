using System.Diagnostics;
using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Findings.Running;

/// <summary>
/// One look of one rule: the turn, the look, what it changes, its leaves, alerts, watermark and heartbeat, in one
/// transaction. Whatever fails leaves the place as it was, so a failed look is repeated and never passed over.
/// </summary>
internal sealed class RuleTurn(WatchDatabase database, FindingWriter writer)
{
    /// <summary>A rule that takes long looks less often: its share of one core stays below a twentieth.</summary>
    public const int MaxDutyShare = 20;

    /// <summary>While an incident is open the clock looks this much more often.</summary>
    public const int IncidentFactor = 4;

    /// <summary>The finding about a rule that threw or hung.</summary>
    public const string FailedKind = "rule_failed";

    /// <summary>A rule whose news are urgent is not put off beyond this, whatever it costs.</summary>
    private static readonly TimeSpan LongestStretch = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    // A tenth of the interval is forgiven: two replicas' timers must not make each other wait a whole one.
    private const string Take =
        """
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(7274, hashtext($1)) AS mine),
        ensured AS (
            INSERT INTO optout.rule_state (rule, interval_ms)
            SELECT $1, $2 FROM turn WHERE mine
                AND NOT EXISTS (SELECT FROM optout.rule_state WHERE rule = $1 AND interval_ms = $2)
            ON CONFLICT (rule) DO UPDATE SET interval_ms = excluded.interval_ms)
        SELECT turn.mine, s.watermark, clock_timestamp(),
            extract(epoch FROM clock_timestamp() - s.started_at)::float8 * 1000, coalesce(s.duration_ms, 0),
            EXISTS (SELECT FROM optout.incident WHERE closed_at IS NULL)
        FROM turn LEFT JOIN optout.rule_state s ON s.rule = $1
        """;

    private const string Finish =
        """
        UPDATE optout.rule_state SET watermark = $2, started_at = $3, finished_at = clock_timestamp(), duration_ms = $4,
            failures = 0, failure_code = NULL
        WHERE rule = $1
        """;

    private const string Fail =
        """
        UPDATE optout.rule_state SET started_at = now(), failures = failures + 1, failure_code = $2
        WHERE rule = $1 RETURNING failures
        """;

    /// <summary>Looks, where it is this process's turn. Returns when to ask again.</summary>
    public async Task<TimeSpan> TakeAsync(IFindingRule rule, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var place = await TakePlaceAsync(rule, connection, transaction, cancellationToken);
        var interval = place.Incident ? Shorter(rule.Interval) : rule.Interval;
        if (place.Duration * MaxDutyShare > interval)
            interval = Min(place.Duration * MaxDutyShare, interval > LongestStretch ? interval * MaxDutyShare : LongestStretch);
        if (!place.Mine || place.Elapsed < interval * 0.9)
        {
            // What has just been inserted stays.
            await transaction.CommitAsync(cancellationToken);
            return place.Mine && place.Elapsed is { } elapsed ? interval - elapsed : interval;
        }

        var started = Stopwatch.GetTimestamp();
        var answer = await rule.LookAsync(
            new RuleLook(connection, transaction, place.Watermark, place.Now), cancellationToken);
        var took = Stopwatch.GetElapsedTime(started);
        await writer.ApplyAsync(connection, transaction,
            new Verdict(rule.Kinds, Abouts.Rule(rule.Name), answer, place.Now), cancellationToken);
        await using (var finish = new NpgsqlCommand(Finish, connection, transaction))
        {
            finish.Parameters.Add(Sql.Value(rule.Name));
            finish.Parameters.Add(new NpgsqlParameter { Value = (object?)answer.Watermark ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            finish.Parameters.Add(Sql.Value(place.Now));
            finish.Parameters.Add(Sql.Value((int)took.TotalMilliseconds));
            await finish.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        writer.Committed();
        return interval;
    }

    /// <summary>Stores that the rule failed and raises that as a finding. The watermark stays where it was.</summary>
    public async Task FailAsync(IFindingRule rule, string code, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var place = await TakePlaceAsync(rule, connection, transaction, cancellationToken);
        if (!place.Mine) return;
        await using var fail = new NpgsqlCommand(Fail, connection, transaction);
        fail.Parameters.Add(Sql.Value(rule.Name));
        fail.Parameters.Add(Sql.Value(code));
        var failures = await fail.ExecuteScalarAsync(cancellationToken) as int? ?? 1;
        var about = Abouts.Rule(rule.Name);
        var evidence = $$"""{"code":"{{code}}","failures":{{failures}},"rule":"{{rule.Name}}"}""";
        var complaint = new Complaint(FailedKind, about, Severities.Critical, null, evidence);
        await writer.ApplyAsync(connection, transaction,
            new Verdict([], about, new RuleAnswer([complaint]), place.Now), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        writer.Committed();
    }

    /// <summary>The interval while an incident is open.</summary>
    public static TimeSpan Shorter(TimeSpan interval) =>
        interval / IncidentFactor > ShortestInterval ? interval / IncidentFactor : Min(interval, ShortestInterval);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static async Task<Place> TakePlaceAsync(
        IFindingRule rule, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand(Take, connection, transaction);
        take.Parameters.Add(Sql.Value(rule.Name));
        take.Parameters.Add(Sql.Value((int)rule.Interval.TotalMilliseconds));
        await using var reader = await take.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Place(
            reader.GetBoolean(0),
            reader.IsDBNull(1) ? null : reader.GetString(1),
            reader.GetFieldValue<DateTimeOffset>(2),
            reader.IsDBNull(3) ? null : TimeSpan.FromMilliseconds(reader.GetDouble(3)),
            TimeSpan.FromMilliseconds(reader.GetInt32(4)),
            reader.GetBoolean(5));
    }

    private sealed record Place(
        bool Mine, string? Watermark, DateTimeOffset Now, TimeSpan? Elapsed, TimeSpan Duration, bool Incident);
}

/// <summary>What a rule said about its kinds. Its own failure is cured with each look that works.</summary>
internal sealed record Verdict(IReadOnlyList<string> Kinds, string RuleAbout, RuleAnswer Answer, DateTimeOffset Now);
