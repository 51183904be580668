using Npgsql;
using OptOut.Service.Audit.Findings.Running;

namespace OptOut.Service.Audit.Findings;

/// <summary>
/// A rule that is one query. It returns a row for each subject of complaint: <c>about</c>, <c>severity</c> (null for the
/// rule's), <c>system_id</c> (or null), <c>evidence</c> (jsonb).
/// </summary>
internal sealed record SqlRule(string Name, TimeSpan Interval, string Severity, string Query) : IFindingRule
{
    public IReadOnlyList<string> Kinds { get; } = [Name];

    // Counted whole, listed up to the bound: a query that finds a million rows opens no million findings.
    private string Bounded { get; } =
        $"""
        WITH found AS MATERIALIZED (
        {Query}
        )
        SELECT about, severity, system_id, evidence, (SELECT count(*) FROM found) FROM found
        ORDER BY about LIMIT {FindingChanges.MaxFindings + 1}
        """;

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        await using var command = look.Command(Bounded);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var complaints = new List<Complaint>();
        var total = 0L;
        while (await reader.ReadAsync(cancellationToken))
        {
            total = reader.GetInt64(4);
            complaints.Add(Read(reader));
        }

        return new RuleAnswer(complaints) { Total = total };
    }

    private Complaint Read(NpgsqlDataReader reader) => new(
        Name,
        reader.GetString(0),
        reader.IsDBNull(1) ? Severity : reader.GetString(1),
        reader.IsDBNull(2) ? null : reader.GetInt32(2),
        reader.GetString(3));
}
