using System.Text.Json;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>What systems said of late: refusals, and times of theirs that lie in our future.</summary>
/// <param name="After">The last acknowledgement that was read.</param>
/// <param name="Refusals">By system's name.</param>
/// <param name="Skews">By system's name.</param>
internal sealed record AcknowledgementPlace(
    Guid After, IReadOnlyDictionary<string, Tally> Refusals, IReadOnlyDictionary<string, Tally> Skews);

/// <summary>How often, and when last.</summary>
internal sealed record Tally(int SystemId, long Count, DateTimeOffset LastAt, long WorstMs = 0);

/// <summary>
/// Reads each acknowledgement once, in the order of their ids. A refusal stays a finding for a day after the last one:
/// nothing cures it by itself, and nobody may overlook it.
/// </summary>
internal sealed class AcknowledgementRule : IFindingRule
{
    public const string Refused = "system_refused";
    public const string Skewed = "system_clock_skewed";

    /// <summary>At most this many are read in one look; the rest in the next.</summary>
    private const int PageSize = 20_000;

    private static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    // Ids are made before the commit: the newest seconds are left for the next look, so that none is passed over.
    private const string Page =
        """
        WITH page AS MATERIALIZED (
            SELECT acknowledgement_id, system_id, outcome, applied_at, received_at FROM optout.acknowledgement
            WHERE acknowledgement_id > $1 AND acknowledgement_id < optout.first_id_at(now() - interval '3 seconds')
            ORDER BY acknowledgement_id LIMIT $2)
        SELECT s.name, s.system_id, count(*) FILTER (WHERE p.outcome = 'refused'),
            max(p.received_at) FILTER (WHERE p.outcome = 'refused'),
            count(*) FILTER (WHERE p.applied_at > p.received_at + interval '5 seconds'),
            max(p.received_at) FILTER (WHERE p.applied_at > p.received_at + interval '5 seconds'),
            coalesce(max(extract(epoch FROM p.applied_at - p.received_at) * 1000), 0)::bigint,
            (SELECT acknowledgement_id FROM page ORDER BY acknowledgement_id DESC LIMIT 1)
        FROM page p JOIN optout.system s ON s.system_id = p.system_id GROUP BY s.name, s.system_id
        """;

    public string Name => "acknowledgements_read";

    public TimeSpan Interval => TimeSpan.FromSeconds(5);

    public IReadOnlyList<string> Kinds { get; } = [Refused, Skewed];

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        var place = look.Watermark is { } text
            ? JsonSerializer.Deserialize(text, FindingsJson.Strict.AcknowledgementPlace)!
            : new AcknowledgementPlace(Guid.Empty, new Dictionary<string, Tally>(), new Dictionary<string, Tally>());
        var refusals = Recent(place.Refusals, look.DatabaseNow);
        var skews = Recent(place.Skews, look.DatabaseNow);
        var after = place.After;
        await using var command = look.Command(Page);
        command.Parameters.Add(Sql.Value(place.After));
        command.Parameters.Add(Sql.Value(PageSize));
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var (name, id) = (reader.GetString(0), reader.GetInt32(1));
                if (reader.GetInt64(2) > 0)
                    Add(refusals, name, new Tally(id, reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3)));
                if (reader.GetInt64(4) > 0)
                    Add(skews, name, new Tally(id, reader.GetInt64(4), reader.GetFieldValue<DateTimeOffset>(5), reader.GetInt64(6)));
                after = reader.GetGuid(7);
            }
        }

        var complaints = refusals.Select(pair => Complaint(Refused, Severities.Critical, pair))
            .Concat(skews.Select(pair => Complaint(Skewed, Severities.Warning, pair)));
        return new RuleAnswer([.. complaints], JsonSerializer.Serialize(
            new AcknowledgementPlace(after, refusals, skews), FindingsJson.Strict.AcknowledgementPlace));
    }

    private static Dictionary<string, Tally> Recent(IReadOnlyDictionary<string, Tally> tallies, DateTimeOffset now) =>
        tallies.Where(pair => now - pair.Value.LastAt < Memory).ToDictionary(StringComparer.Ordinal);

    private static void Add(Dictionary<string, Tally> tallies, string name, Tally more) =>
        tallies[name] = tallies.TryGetValue(name, out var known)
            ? more with { Count = known.Count + more.Count, WorstMs = Math.Max(known.WorstMs, more.WorstMs) }
            : more;

    private static Complaint Complaint(string kind, string severity, KeyValuePair<string, Tally> pair) => new(
        kind, Abouts.System(pair.Key), severity, pair.Value.SystemId,
        JsonSerializer.Serialize(
            new TallyEvidence(pair.Value.Count, pair.Value.LastAt, kind == Skewed ? pair.Value.WorstMs : null),
            FindingsJson.Strict.TallyEvidence));
}

/// <summary>What such a finding shows.</summary>
internal sealed record TallyEvidence(long Count, DateTimeOffset LastAt, long? AheadMs);
