using Npgsql;

namespace OptOut.Service.Audit.Findings;

/// <summary>
/// One thing that the clock watches. It only looks; opening, closing, alerts and evidence are the runner's. It must be
/// cheap: the more it costs, the less often it is run.
/// </summary>
internal interface IFindingRule
{
    /// <summary>Its name, stored with its watermark and heartbeat; snake_case.</summary>
    string Name { get; }

    /// <summary>How often it looks.</summary>
    TimeSpan Interval { get; }

    /// <summary>The kinds of findings that this rule alone opens and closes.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>False where this process cannot know: then another replica's look counts.</summary>
    bool CanLook => true;

    Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken);
}

/// <summary>What a rule gets: a transaction of its own, the place it stored last time, and the database's clock.</summary>
internal sealed record RuleLook(
    NpgsqlConnection Connection, NpgsqlTransaction Transaction, string? Watermark, DateTimeOffset DatabaseNow)
{
    public NpgsqlCommand Command(string sql) => new(sql, Connection, Transaction);
}

/// <summary>
/// Everything that is wrong now, and the place to go on from. What is not in it any more is cured.
/// </summary>
/// <param name="Watermark">Stored in the same transaction; null keeps none.</param>
internal sealed record RuleAnswer(IReadOnlyList<Complaint> Complaints, string? Watermark = null)
{
    /// <summary>How many there are where not all are listed.</summary>
    public long Total { get; init; } = Complaints.Count;
}

/// <summary>One subject of complaint.</summary>
/// <param name="Kind">One of the rule's kinds.</param>
/// <param name="About">Whom it is about: <c>system:crm</c>, <c>service</c>, <c>key:0123456789abcdef</c>.</param>
/// <param name="Severity">One of <see cref="Severities"/>.</param>
/// <param name="SystemId">The system it is about, whose owner then owns the finding.</param>
/// <param name="Evidence">A JSON object of counts, ages and ids of ours; never an identifier of a person.</param>
internal sealed record Complaint(string Kind, string About, string Severity, int? SystemId, string Evidence);

/// <summary>How bad it is, in rising order.</summary>
internal static class Severities
{
    /// <summary>Worth knowing; nobody is called.</summary>
    public const string Info = "info";

    /// <summary>A stop may come late.</summary>
    public const string Warning = "warning";

    /// <summary>A stop is late or evidence is in doubt.</summary>
    public const string Critical = "critical";

    public static readonly IReadOnlyList<string> All = [Info, Warning, Critical];

    public static int Rank(string severity) => severity switch { Critical => 2, Warning => 1, _ => 0 };
}

/// <summary>Whom findings that belong to no system are about.</summary>
internal static class Abouts
{
    public const string Service = "service";

    /// <summary>Stands for everything that a rule found where it found too much to list.</summary>
    public const string Many = "many";

    public static string System(string name) => "system:" + name;

    public static string Rule(string name) => "rule:" + name;
}
