using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording.Endpoints;

/// <summary>One version of an opt-out, as every route answers it.</summary>
/// <param name="Id">The opt-out, <c>oo_…</c>; the same for all its versions.</param>
/// <param name="Version">1, 2, 3… without a gap. Also the strong ETag.</param>
/// <param name="State"><c>opted_out</c> or <c>opted_in</c>.</param>
/// <param name="OccurredAt">The caller's claim; it decides nothing.</param>
/// <param name="RecordedAt">Our clock, to the millisecond.</param>
/// <param name="RecordHash">Base64 SHA-256 of the record's commitment payload (docs/lifecycle.md); systems echo it.</param>
/// <param name="LedgerEntryId">The ledger's leaf that covers this version.</param>
/// <param name="Propagation">How far it has come.</param>
public sealed record RecordView(
    string Id,
    int Version,
    string SubjectId,
    ScopeView Scope,
    string State,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    ActorView Actor,
    OriginView Origin,
    ReasonView Reason,
    string? Regime,
    bool Synthetic,
    string RecordHash,
    string LedgerEntryId,
    RollUpView Propagation)
{
    internal static RecordView Of(RecordState record) => new(
        PublicId.Format(PublicId.OptOut, record.OptOutId),
        record.Version,
        PublicId.Format(PublicId.Subject, record.SubjectId),
        new ScopeView(record.Scope.Purpose, record.Scope.Channel),
        record.State,
        record.OccurredAt,
        record.RecordedAt,
        new ActorView(record.ActorType, record.ActorId),
        new OriginView(record.OriginSystem, record.OriginMethod),
        new ReasonView(record.ReasonCode),
        record.Regime,
        record.Synthetic,
        Convert.ToBase64String(record.RecordHash),
        record.LedgerEntryId.ToString("N"),
        new RollUpView(record.RollUp.State, record.RollUp.Overdue, record.RollUp.Systems, record.RollUp.Applied));
}

/// <summary>What a stop covers: a purpose of the tree and a channel, <c>any</c> for all.</summary>
public sealed record ScopeView(string Purpose, string Channel);

/// <summary>Who acted: <c>subject</c>, <c>agent</c>, <c>operator</c> or <c>system</c>, and an opaque id.</summary>
public sealed record ActorView(string Type, string? Id);

/// <summary>Where and how: the system's name and the method.</summary>
public sealed record OriginView(string System, string Method);

/// <summary>Why, as a code.</summary>
public sealed record ReasonView(string Code);

/// <summary>The state over all systems: <c>pending</c>, <c>partial</c>, <c>complete</c> or <c>failed</c>.</summary>
public sealed record RollUpView(string State, bool Overdue, int Systems, int Applied);
