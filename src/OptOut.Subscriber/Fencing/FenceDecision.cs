using OptOut.Contracts;

namespace OptOut.Subscriber.Fencing;

/// <summary>What to do with an event, given what this system has settled before.</summary>
internal enum FenceDecision
{
    /// <summary>It is newer: hand it to the handler.</summary>
    Handle,

    /// <summary>It is what was settled last: say the same again.</summary>
    Repeat,

    /// <summary>It is older: never hand it on.</summary>
    Stale,

    /// <summary>Another record bears the number that was settled: never hand it on, and say so.</summary>
    Conflict,
}

internal static class Fence
{
    internal static FenceDecision Decide(FencedVersion? last, OptOutEventData told)
    {
        if (last is null || told.Version > last.Version) return FenceDecision.Handle;
        if (told.Version < last.Version) return FenceDecision.Stale;
        if (!string.Equals(told.RecordHash, last.RecordHash, StringComparison.Ordinal)) return FenceDecision.Conflict;

        // A refusal changed nothing here, and a person may have removed its cause: a resend asks again.
        return last.Outcome == AcknowledgementOutcome.Refused ? FenceDecision.Handle : FenceDecision.Repeat;
    }
}
