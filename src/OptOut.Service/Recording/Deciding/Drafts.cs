using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Subjects.Erasure;

namespace OptOut.Service.Recording.Deciding;

/// <summary>What a batch is going to write. Filled by the decider, turned into rows by the saver.</summary>
internal sealed class Drafts
{
    public List<SubjectDraft> Subjects { get; } = [];
    public List<IdentifierDraft> Identifiers { get; } = [];
    public List<MergeDraft> Merges { get; } = [];
    public List<VersionDraft> Versions { get; } = [];
    public List<ReaffirmedDraft> Reaffirmed { get; } = [];
    public List<ErasureDraft> Erasures { get; } = [];
    public List<byte[]> UsedTokens { get; } = [];

    public bool IsEmpty => Subjects.Count + Identifiers.Count + Merges.Count + Versions.Count + Reaffirmed.Count
        + Erasures.Count == 0;

    /// <summary>The known subjects whose key is needed to encrypt an identifier or an opening.</summary>
    public IEnumerable<SubjectState> Owners =>
        Versions.Select(v => v.Owner)
            .Concat(Reaffirmed.Select(r => r.Owner))
            .Concat(Identifiers.Select(i => i.Owner))
            .Concat(Merges.Select(m => m.Survivor))
            .Distinct();
}

internal sealed record SubjectDraft(SubjectState Subject, bool Synthetic, DateTimeOffset At);

/// <param name="Lookup">The hash that it is stored under.</param>
internal sealed record IdentifierDraft(
    SubjectState Owner, NormalisedIdentifier Identifier, KeyedHash Lookup, DateTimeOffset At);

internal sealed record MergeDraft(Guid LoserId, SubjectState Survivor, RecordingContext Context, DateTimeOffset At);

internal sealed record ReaffirmedDraft(SubjectState Owner, RecordState Record, RecordingContext Context, DateTimeOffset At);

internal sealed record ErasureDraft(ErasureRow Row, RecordingContext Context);

/// <param name="Kind">The leaf's kind: recorded or reversed.</param>
/// <param name="Payload">The canonical bytes that the record hash and the leaf's commitment cover.</param>
internal sealed record VersionDraft(
    SubjectState Owner,
    RecordState Record,
    string Kind,
    byte[] Payload,
    RecordingContext Context,
    IReadOnlyList<DeliveryDraft> Deliveries);

/// <param name="HasIdentifier">False where the person has none of the types that the contract names: closed at once.</param>
/// <param name="Origin">Where the stop came from this very system: then the delivery is closed at once.</param>
internal sealed record DeliveryDraft(
    Guid Id, int SystemId, int ObjectiveSeconds, bool HasIdentifier, OriginWord? Origin = null);
