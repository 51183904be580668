using System.Text.Json;
using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>
/// Counts business opt-outs a minute, by why and where from, and says when one minute is far from what is usual for that
/// hour of the day: a bad campaign, a script, a leaked link.
/// </summary>
internal sealed class SurgeRule : IFindingRule
{
    public const string Kind = "opt_out_surge";

    /// <summary>At most this many minutes are counted in one look, after a pause.</summary>
    private const int MaxMinutes = 60;

    /// <summary>How long a surge is told after its last minute.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // A batch commits within seconds; what a slow one adds later is missing here and nowhere else.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    private const string Count =
        """
        INSERT INTO optout.opt_out_minute (minute, purpose, origin_system, origin_method, reason_code, opt_outs)
        SELECT date_trunc('minute', recorded_at), purpose, origin_system, origin_method, reason_code, count(*)
        FROM optout.opt_out_version
        WHERE recorded_at >= $1 AND recorded_at < $2 AND state = 'opted_out' AND NOT synthetic AND actor_type <> 'system'
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC LIMIT 5000
        ON CONFLICT DO NOTHING
        """;

    private const string Forget = "DELETE FROM optout.opt_out_minute WHERE minute < now() - interval '35 days'";

    // The same hour of the day on the last fourteen days, and the last three hours; the minutes since are asked about.
    private const string History =
        """
        SELECT minute, sum(opt_outs)::bigint FROM optout.opt_out_minute
        WHERE minute >= $1 - interval '14 days' AND minute < $1
            AND (minute >= $1 - interval '3 hours'
                OR extract(hour FROM minute AT TIME ZONE 'UTC') = extract(hour FROM $1 AT TIME ZONE 'UTC'))
        GROUP BY minute
        """;

    private const string First = "SELECT min(minute) FROM optout.opt_out_minute WHERE minute >= $1 - interval '14 days'";

    private const string New =
        "SELECT minute, sum(opt_outs)::bigint FROM optout.opt_out_minute WHERE minute >= $1 AND minute < $2 GROUP BY minute";

    private const string Parts =
        """
        SELECT d.name, d.value, sum(m.opt_outs) FILTER (WHERE m.minute = $1)::bigint,
            (coalesce(sum(m.opt_outs) FILTER (WHERE m.minute < $1), 0) / $2)::float8
        FROM optout.opt_out_minute m
        CROSS JOIN LATERAL (VALUES ('purpose', m.purpose), ('originSystem', m.origin_system),
            ('originMethod', m.origin_method), ('reason', m.reason_code)) AS d(name, value)
        WHERE m.minute = $1 OR (m.minute >= $1 - interval '3 hours' AND m.minute < $1)
        GROUP BY d.name, d.value HAVING sum(m.opt_outs) FILTER (WHERE m.minute = $1) > 0
        ORDER BY 3 DESC LIMIT 200
        """;

    public string Name => Kind;

    public TimeSpan Interval => TimeSpan.FromSeconds(10);

    public IReadOnlyList<string> Kinds { get; } = [Kind];

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        var until = Floor(look.DatabaseNow - Settling);
        var place = look.Watermark is { } text
            ? JsonSerializer.Deserialize(text, FindingsJson.Strict.SurgePlace)!
            : new SurgePlace(until - MaxMinutes * Minute, null);
        var told = place.Told is { } old && look.DatabaseNow - old.Minute < Memory ? old : null;
        var from = place.CountedUntil;
        if (until - from > MaxMinutes * Minute) until = from + MaxMinutes * Minute;
        if (until > from)
        {
            await RunAsync(look, Count, cancellationToken, Sql.Value(from), Sql.Value(until));
            if (from.Hour != until.Hour) await RunAsync(look, Forget, cancellationToken);
            told = await NewestSurgeAsync(look, from, until, cancellationToken) ?? told;
        }

        var next = JsonSerializer.Serialize(
            new SurgePlace(until > from ? until : from, told), FindingsJson.Strict.SurgePlace);
        return new RuleAnswer(told is null ? [] : [Complaint(told)], next);
    }

    private static Complaint Complaint(SurgeEvidence evidence) => new(
        Kind, Abouts.Service, Severities.Warning, null,
        JsonSerializer.Serialize(evidence, FindingsJson.Strict.SurgeEvidence));

    private static async Task<SurgeEvidence?> NewestSurgeAsync(
        RuleLook look, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        foreach (var (minute, count) in (await CountsAsync(look, New, cancellationToken, Sql.Value(from), Sql.Value(until)))
            .Where(pair => pair.Count >= Usual.MinCount).OrderByDescending(pair => pair.Minute))
        {
            var usual = await UsualAsync(look, minute, cancellationToken);
            if (usual is not null && count > usual.Limit)
                return new SurgeEvidence(minute, count, usual.Median, usual.Limit, usual.Minutes,
                    await PartsAsync(look, minute, cancellationToken));
        }

        return null;
    }

    private static async Task<Usual?> UsualAsync(RuleLook look, DateTimeOffset minute, CancellationToken cancellationToken)
    {
        await using var command = look.Command(First);
        command.Parameters.Add(Sql.Value(minute));
        if (await command.ExecuteScalarAsync(cancellationToken) is not DateTime first) return null;
        var known = (await CountsAsync(look, History, cancellationToken, Sql.Value(minute)))
            .ToDictionary(pair => pair.Minute, pair => pair.Count);
        // A minute without any opt-out has no row; it counts all the same.
        var start = new DateTimeOffset(DateTime.SpecifyKind(first, DateTimeKind.Utc));
        var counts = new List<long>();
        for (var at = minute - Minute; at >= start && at > minute - TimeSpan.FromDays(14); at -= Minute)
        {
            if (minute - at <= TimeSpan.FromHours(3) || at.UtcDateTime.Hour == minute.UtcDateTime.Hour)
                counts.Add(known.GetValueOrDefault(at));
        }

        return Usual.Of(counts);
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<SurgePart>>> PartsAsync(
        RuleLook look, DateTimeOffset minute, CancellationToken cancellationToken)
    {
        const int shown = 3;
        await using var command = look.Command(Parts);
        command.Parameters.Add(Sql.Value(minute));
        command.Parameters.Add(Sql.Value(TimeSpan.FromHours(3).TotalMinutes));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var parts = new List<(string Dimension, SurgePart Part)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            parts.Add((reader.GetString(0),
                new SurgePart(reader.GetString(1), reader.GetInt64(2), Math.Round(reader.GetDouble(3), 2))));
        }

        return parts.GroupBy(pair => pair.Dimension, StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            group => (IReadOnlyList<SurgePart>)[
                .. group.Select(pair => pair.Part).OrderByDescending(part => part.Count - part.Usual).Take(shown)],
            StringComparer.Ordinal);
    }

    private static async Task<List<(DateTimeOffset Minute, long Count)>> CountsAsync(
        RuleLook look, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = look.Command(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new List<(DateTimeOffset, long)>();
        while (await reader.ReadAsync(cancellationToken))
            counts.Add((reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1)));
        return counts;
    }

    private static async Task RunAsync(
        RuleLook look, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = look.Command(sql);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static DateTimeOffset Floor(DateTimeOffset at) =>
        new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
}
