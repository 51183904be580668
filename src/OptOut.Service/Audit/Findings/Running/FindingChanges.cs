using System.Text.Json;

namespace OptOut.Service.Audit.Findings.Running;

/// <summary>An open finding as the runner knows it.</summary>
internal sealed record OpenFinding(
    Guid FindingId, string Kind, string About, string Severity, int? SystemId, string Evidence, long Total,
    DateTimeOffset SeenAt, int Escalation);

/// <summary>A complaint that becomes a finding, or is one already.</summary>
internal sealed record Raised(Complaint Complaint, long Total);

/// <summary>
/// What one look changes: pure, so that its promises are tested without a database. One finding for each subject of
/// complaint; too many become one with a count and a sample; what is cured closes.
/// </summary>
internal sealed record FindingChanges(
    IReadOnlyList<Raised> Open, IReadOnlyList<(OpenFinding Finding, Raised Now)> Refresh, IReadOnlyList<OpenFinding> Close)
{
    /// <summary>The most findings that one kind has open; what is beyond becomes one finding about all.</summary>
    public const int MaxFindings = 100;

    /// <summary>How many of them that one names.</summary>
    public const int SampleSize = 10;

    /// <summary>Evidence that merely counts on is written this often at most.</summary>
    public static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(5);

    /// <summary>That it is still true is written this often at least.</summary>
    public static readonly TimeSpan SeenInterval = TimeSpan.FromSeconds(60);

    public static FindingChanges Of(IReadOnlyList<OpenFinding> standing, RuleAnswer answer, DateTimeOffset now)
    {
        var storm = answer.Total > MaxFindings;
        var current = storm ? [Storm(answer)] : answer.Complaints.Select(c => new Raised(c, 1)).ToList();
        var byKey = current.DistinctBy(r => (r.Complaint.Kind, r.Complaint.About))
            .ToDictionary(r => (r.Complaint.Kind, r.Complaint.About));
        var known = standing.ToDictionary(f => (f.Kind, f.About));
        return new FindingChanges(
            [.. byKey.Where(pair => !known.ContainsKey(pair.Key)).Select(pair => pair.Value)],
            [
                .. standing.Where(f => byKey.ContainsKey((f.Kind, f.About)))
                    .Select(f => (Finding: f, Now: byKey[(f.Kind, f.About)]))
                    .Where(pair => Differs(pair.Finding, pair.Now, now)),
            ],
            // In a storm nobody has looked at each of them: none is called cured.
            storm ? [] : [.. standing.Where(f => !byKey.ContainsKey((f.Kind, f.About)))]);
    }

    private static bool Differs(OpenFinding finding, Raised now, DateTimeOffset at) =>
        Severities.Rank(now.Complaint.Severity) > Severities.Rank(finding.Severity)
        || at - finding.SeenAt >= SeenInterval
        || (at - finding.SeenAt >= RefreshInterval && now.Complaint.Evidence != finding.Evidence);

    private static Raised Storm(RuleAnswer answer)
    {
        var worst = answer.Complaints.MaxBy(c => Severities.Rank(c.Severity))!;
        var sample = answer.Complaints.Take(SampleSize).Select(c => c.About).ToArray();
        var evidence = JsonSerializer.Serialize(
            new StormEvidence(answer.Total, sample), FindingsJson.Strict.StormEvidence);
        return new Raised(new Complaint(worst.Kind, Abouts.Many, worst.Severity, null, evidence), answer.Total);
    }
}

/// <summary>The evidence of a finding that stands for too many to list.</summary>
internal sealed record StormEvidence(long Count, IReadOnlyList<string> Sample);
