using OptOut.Service.Purposes;

namespace OptOut.Service.Recording;

/// <summary>One version of an opt-out, as it stands in the database.</summary>
internal sealed record RecordState
{
    public const string OptedOut = "opted_out";
    public const string OptedIn = "opted_in";

    public required Guid OptOutId { get; init; }
    public required int Version { get; init; }
    public required Guid SubjectId { get; init; }
    public required Scope Scope { get; init; }
    public required string State { get; init; }
    public required DateTimeOffset OccurredAt { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public required string ActorType { get; init; }
    public required string? ActorId { get; init; }
    public required string OriginSystem { get; init; }
    public required string OriginMethod { get; init; }
    public required string ReasonCode { get; init; }
    public required string? Regime { get; init; }
    public required bool Synthetic { get; init; }
    public required byte[] RecordHash { get; init; }
    public required Guid LedgerEntryId { get; init; }
    public required RollUp RollUp { get; init; }

    public bool Stands => State == OptedOut;
}

/// <summary>How far one version has come, over all its systems.</summary>
/// <param name="Systems">Deliveries of the version.</param>
/// <param name="Applied">Those applied or verified.</param>
/// <param name="Settled">Those in applied, verified, no_match or superseded.</param>
/// <param name="Failed">Those refused or parked.</param>
/// <param name="Overdue">True where one is open past its objective.</param>
internal readonly record struct RollUp(int Systems, int Applied, int Settled, int Failed, bool Overdue)
{
    /// <summary>The columns of a roll-up over rows of optout.delivery named d, in the order of the constructor.</summary>
    public const string Columns =
        """
        count(*)::int,
        count(*) FILTER (WHERE d.state IN ('applied', 'verified'))::int,
        count(*) FILTER (WHERE d.state IN ('applied', 'verified', 'no_match', 'superseded'))::int,
        count(*) FILTER (WHERE d.state IN ('refused', 'parked'))::int,
        coalesce(bool_or(d.closed_at IS NULL AND d.apply_by < now()), false)
        """;

    public string State => this switch
    {
        { Failed: > 0 } => "failed",
        _ when Settled == Systems => "complete",
        { Settled: > 0 } => "partial",
        _ => "pending",
    };
}
