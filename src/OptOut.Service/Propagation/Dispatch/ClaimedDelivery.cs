using OptOut.Service.Propagation.Schedules;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>A due delivery with everything that its event says, but the identifiers.</summary>
internal sealed record ClaimedDelivery
{
    public required Guid DeliveryId { get; init; }
    public required DownstreamSystem System { get; init; }
    public required Guid OptOutId { get; init; }
    public required int Version { get; init; }
    public required DateTimeOffset ApplyBy { get; init; }

    /// <summary>The delivery's state when it was claimed.</summary>
    public required string State { get; init; }
    public required int Attempts { get; init; }

    /// <summary>The system's newest word when it was claimed; another one later means that it spoke during the try.</summary>
    public required Guid? AcknowledgementId { get; init; }

    /// <summary>The part that the work row is in.</summary>
    public required short Part { get; init; }
    public required DateTimeOffset? SentAt { get; init; }

    /// <summary>Tries that were no step of the schedule, and how often an operator had asked for one.</summary>
    public required int Probes { get; init; }
    public required int Asked { get; init; }

    /// <summary>How long before its time it was claimed: more than nothing only for a probe of an open breaker.</summary>
    public required TimeSpan AheadBy { get; init; }

    /// <summary>The subject of the record, and the one that answers for it now.</summary>
    public required Guid SubjectId { get; init; }
    public required Guid SurvivorId { get; init; }
    public required Scope Scope { get; init; }
    public required string RecordState { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The press: when the person said stop by the caller's claim, and never later than it was recorded.</summary>
    public required DateTimeOffset EffectiveFrom { get; init; }
    public required byte[] RecordHash { get; init; }
    public required bool Synthetic { get; init; }
    public required string? TraceParent { get; init; }

    /// <summary>True where this system has a delivery of a newer version: this one is not handed over any more.</summary>
    public required bool IsOutdated { get; init; }

    /// <summary>True for the last version of a person who is being erased.</summary>
    public bool IsErasure { get; init; }

    public bool WasSent => SentAt is not null;

    /// <summary>The longest that a surge of stops holds it back.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Whether recording may go first: until half of the objective has passed, and not for longer than that.</summary>
    public bool MayWait(DateTimeOffset now)
    {
        var half = (ApplyBy - RecordedAt) / 2;
        return now - RecordedAt < (half < LongestWait ? half : LongestWait);
    }

    /// <summary>The schedule's view, the try just ended counted.</summary>
    public DeliveryProgress Progress(int attempts) => new(System.Channel.Type, attempts - Probes, ApplyBy, SentAt);
}
