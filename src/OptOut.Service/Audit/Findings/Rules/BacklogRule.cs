using System.Text.Json;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>How much was open at each of the last looks, oldest first, by system's name.</summary>
internal sealed record BacklogPlace(IReadOnlyDictionary<string, IReadOnlyList<long>> Open);

/// <summary>More and more is open for a system: it takes stops more slowly than people give them.</summary>
internal sealed class BacklogRule : IFindingRule
{
    public const string Kind = "backlog_growing";

    /// <summary>A backlog of fewer is not told, however it grows.</summary>
    public const long MinOpen = 1_000;

    /// <summary>It has grown at each of this many looks in a row.</summary>
    public const int Looks = 5;

    private const string Open =
        """
        SELECT s.name, s.system_id, o.open
        FROM (SELECT system_id, count(*) AS open FROM optout.open_delivery GROUP BY system_id) o
        JOIN optout.system s ON s.system_id = o.system_id WHERE s.state <> 'retired'
        """;

    public string Name => Kind;

    public TimeSpan Interval => TimeSpan.FromSeconds(15);

    public IReadOnlyList<string> Kinds { get; } = [Kind];

    /// <summary>Whether these counts, oldest first, are a backlog that grows.</summary>
    public static bool Grows(IReadOnlyList<long> open) =>
        open.Count > Looks && open[^1] >= MinOpen
        && Enumerable.Range(open.Count - Looks, Looks).All(i => open[i] > open[i - 1]);

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        var known = look.Watermark is { } text
            ? JsonSerializer.Deserialize(text, FindingsJson.Strict.BacklogPlace)!.Open
            : new Dictionary<string, IReadOnlyList<long>>();
        var open = new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal);
        var complaints = new List<Complaint>();
        await using var command = look.Command(Open);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var name = reader.GetString(0);
            var before = known.GetValueOrDefault(name) ?? [];
            open[name] = [.. before.TakeLast(Looks), reader.GetInt64(2)];
            if (Grows(open[name]))
                complaints.Add(new Complaint(Kind, Abouts.System(name), Severities.Warning, reader.GetInt32(1),
                    JsonSerializer.Serialize(new BacklogEvidence(open[name][^1], open[name]), FindingsJson.Strict.BacklogEvidence)));
        }

        return new RuleAnswer(complaints, JsonSerializer.Serialize(new BacklogPlace(open), FindingsJson.Strict.BacklogPlace));
    }
}

/// <summary>How much is open now, and at the looks before, oldest first.</summary>
internal sealed record BacklogEvidence(long Open, IReadOnlyList<long> Looks);
