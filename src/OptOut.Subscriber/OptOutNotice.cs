using OptOut.Contracts;

namespace OptOut.Subscriber;

/// <summary>One version of one opt-out, checked, in order, and not applied here before.</summary>
/// <param name="EventType">One of <see cref="EventTypes"/>.</param>
/// <param name="Data">The version.</param>
/// <param name="Attempt">1 for the first call, then 2, 3…</param>
public sealed record OptOutNotice(string EventType, OptOutEventData Data, int Attempt)
{
    /// <summary>True where the data must not be used for the scope; false where the subject lifted the stop.</summary>
    public bool IsStop => Data.State == OptOutState.OptedOut;

    /// <summary>True if the subject was erased. The stop stands.</summary>
    public bool IsErasure => EventType == EventTypes.Erased;

    /// <summary>Ids and version; never an identifier.</summary>
    public override string ToString() => $"{Data.OptOutId} version {Data.Version}, attempt {Attempt}";
}
