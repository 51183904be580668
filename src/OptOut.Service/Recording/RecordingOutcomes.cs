using OptOut.Service.Purposes;
using OptOut.Service.Subjects.Erasure;

namespace OptOut.Service.Recording;

/// <summary>What became of a command: a closed set.</summary>
internal abstract record RecordingOutcome;

/// <summary>A version was written (or stood already, where <paramref name="IsNew"/> is false).</summary>
internal sealed record RecordedOutcome(RecordState Record, bool IsNew) : RecordingOutcome;

/// <summary>The surviving subject, and its identifier types.</summary>
internal sealed record SubjectOutcome(Guid SubjectId, IReadOnlyList<string> IdentifierTypes, bool Changed)
    : RecordingOutcome;

/// <summary>The erasure that was asked for.</summary>
internal sealed record ErasureOutcome(ErasureRow Row) : RecordingOutcome;

/// <summary>Nothing was written.</summary>
internal sealed record RefusedOutcome(RecordingRefusal Refusal, Scope? CoveredBy = null, int? CurrentVersion = null)
    : RecordingOutcome;

internal enum RecordingRefusal
{
    SubjectUnknown,
    PurposeUnknown,
    OptOutUnknown,
    VersionStale,
    EvidenceInvalid,
    NotStanding,
    CoveredByBroaderStop,
}
