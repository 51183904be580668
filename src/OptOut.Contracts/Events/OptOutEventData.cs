namespace OptOut.Contracts;

/// <summary>The <c>data</c> of an event: one version of one opt-out, told to one system.</summary>
public sealed record OptOutEventData
{
    /// <summary><c>dlv_</c> + 32 hex: this version for this system. The same on every attempt.</summary>
    public required string DeliveryId { get; init; }

    /// <summary><c>oo_</c> + 32 hex: the opt-out, the same in all its versions.</summary>
    public required string OptOutId { get; init; }

    /// <summary>1, 2, 3… A system refuses what is not newer than what it has applied.</summary>
    public required int Version { get; init; }

    /// <summary>Base64 SHA-256 of the record; an acknowledgement repeats it.</summary>
    public required string RecordHash { get; init; }

    /// <summary>What this version says.</summary>
    public required OptOutState State { get; init; }

    /// <summary><c>sub_</c> + 32 hex.</summary>
    public required string SubjectId { get; init; }

    /// <summary>What the stop covers.</summary>
    public required OptOutScope Scope { get; init; }

    /// <summary>Only the types and forms that the system's contract names. May be empty.</summary>
    public required IReadOnlyList<EventIdentifier> Identifiers { get; init; }

    /// <summary>When the service recorded the version.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>From when the stop is in force.</summary>
    public required DateTimeOffset EffectiveFrom { get; init; }

    /// <summary>Until when this system is expected to have applied it.</summary>
    public required DateTimeOffset ApplyBy { get; init; }

    /// <summary>True for a test opt-out: apply and acknowledge it like any other.</summary>
    public bool Synthetic { get; init; }
}
