using System.Globalization;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>
/// Compares this process's clock with the database's. Nothing is ordered by either, but expiries and ages are told by
/// them, and evidence carries them.
/// </summary>
internal sealed class ClockRule(TimeProvider clock) : IFindingRule
{
    public const string Kind = "clock_skewed";

    /// <summary>What is told beyond the time of the question itself.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    public string Name => Kind;

    public TimeSpan Interval => TimeSpan.FromSeconds(15);

    public IReadOnlyList<string> Kinds { get; } = [Kind];

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow();
        await using var command = look.Command("SELECT clock_timestamp()");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var database = reader.GetFieldValue<DateTimeOffset>(0);
        var after = clock.GetUtcNow();
        return new RuleAnswer(Skew(before, database, after) is { } skew ? [Complaint(skew)] : []);
    }

    /// <summary>How far the database's clock lies outside of the question's time, if it is too far.</summary>
    public static TimeSpan? Skew(DateTimeOffset before, DateTimeOffset database, DateTimeOffset after)
    {
        var skew = database < before ? database - before : database > after ? database - after : TimeSpan.Zero;
        return skew.Duration() > Tolerance ? skew : null;
    }

    private static Complaint Complaint(TimeSpan skew) => new(
        Kind, Abouts.Service, Severities.Warning, null,
        string.Create(CultureInfo.InvariantCulture, $$"""{"databaseAheadMs":{{(long)skew.TotalMilliseconds}}}"""));
}
