using OptOut.Contracts.Identifiers;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Purposes;

namespace OptOut.Service.Recording;

/// <summary>One act for the writer, already validated. Who asks and for whom; nothing in it names the person in clear to a log.</summary>
internal abstract record RecordingCommand(RecordingContext Context);

/// <summary>Under whose key, for which trace.</summary>
/// <param name="Actor">The ledger's name of the credential, such as <c>key:0123456789abcdef</c>.</param>
/// <param name="IsProbe">Whether this process asks itself: what it records is synthetic.</param>
internal sealed record RecordingContext(string Actor, string? TraceParent, bool IsProbe = false);

/// <summary>A person, by id or by identifiers; exactly one of the two is given.</summary>
internal sealed record SubjectReference(Guid? Id, IReadOnlyList<NormalisedIdentifier> Identifiers)
{
    public static SubjectReference ById(Guid id) => new(id, []);
    public static SubjectReference By(IReadOnlyList<NormalisedIdentifier> identifiers) => new(null, identifiers);
    public override string ToString() => Id is null ? "by identifiers" : "by id";
}

/// <summary>What the caller says about the act: claims, kept as such.</summary>
internal sealed record ActClaims(
    DateTimeOffset? OccurredAt,
    string ActorType,
    string? ActorId,
    string OriginSystem,
    string OriginMethod,
    string ReasonCode,
    string? Regime);

/// <summary>The person says stop.</summary>
internal sealed record StopCommand(
    SubjectReference Subject, Scope Scope, ActClaims Claims, bool Synthetic, RecordingContext Context)
    : RecordingCommand(Context)
{
    /// <summary>The system that sent it, where it came by a signed message: it holds the stop already.</summary>
    public OriginWord? Origin { get; init; }
}

/// <summary>The person lifts a stop: proven by a token of their own, bound to subject and scope.</summary>
/// <param name="ExpectedVersion">The version the caller saw; another one is refused. Null takes any.</param>
internal sealed record ReversalCommand(
    Guid OptOutId, int? ExpectedVersion, byte[] TokenHash, ActClaims Claims, RecordingContext Context)
    : RecordingCommand(Context);

/// <summary>One more identifier of a known person; merges where it belonged to another subject.</summary>
internal sealed record LinkCommand(Guid SubjectId, NormalisedIdentifier Identifier, RecordingContext Context)
    : RecordingCommand(Context);

/// <summary>A system's contract names more of the person than it was told: the same stop, as a new version, for it alone.</summary>
/// <param name="ExpectedVersion">The version it was told; a newer one says everything already.</param>
internal sealed record RetellCommand(Guid OptOutId, int ExpectedVersion, int SystemId, RecordingContext Context)
    : RecordingCommand(Context);

/// <summary>The person asks to be forgotten: every system that was told is told, once more and for the last time.</summary>
internal sealed record EraseCommand(Guid SubjectId, RecordingContext Context) : RecordingCommand(Context);

/// <summary>An operator tries one system: a synthetic stop that is told to nobody else.</summary>
/// <param name="Pause">A standing one that is younger answers for this one too.</param>
internal sealed record SystemTestCommand(
    SubjectReference Subject, Scope Scope, int SystemId, TimeSpan Pause, RecordingContext Context)
    : RecordingCommand(Context);

/// <summary>Makes sure that the person exists, for a link that names them.</summary>
internal sealed record EnsureSubjectCommand(SubjectReference Subject, RecordingContext Context)
    : RecordingCommand(Context);
