using OptOut.Service.Propagation.Reading;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Audit.Reading;

/// <summary>
/// What the person keeps: what was recorded, how far it has come, how to change it, and the proof. Members follow the
/// consent receipt of ISO/IEC TS 27560, with an opt-out where that has a consent.
/// </summary>
/// <param name="SchemaVersion">The form of this document.</param>
/// <param name="Controller">The origin of the installation that answers for it.</param>
/// <param name="PiiPrincipalId">The person, <c>sub_…</c>.</param>
/// <param name="Event">What was said, when and how.</param>
/// <param name="State"><c>pending</c>, <c>partial</c>, <c>complete</c> or <c>failed</c>, over the systems.</param>
/// <param name="Systems">Each system that was told, with its own signed word.</param>
/// <param name="HowToWithdraw">How the person, and nobody else, lifts the stop.</param>
/// <param name="Opening">Opens the leaf's commitment; null where it is gone.</param>
/// <param name="Proof">That the act stands in the ledger; null until a checkpoint covers it.</param>
public sealed record OptOutReceiptView(
    string SchemaVersion,
    string Controller,
    string RecordId,
    int Version,
    string PiiPrincipalId,
    ReceiptEvent Event,
    string RecordHash,
    string State,
    bool Overdue,
    IReadOnlyList<DeliveryView> Systems,
    string HowToWithdraw,
    string LedgerEntryId,
    OpeningView? Opening,
    ReceiptProof? Proof);

/// <summary>The act.</summary>
/// <param name="EventType"><c>opted_out</c> or <c>opted_in</c>.</param>
/// <param name="EventTime">Our clock, to the millisecond.</param>
/// <param name="OccurredAt">The caller's claim.</param>
/// <param name="Regime">The law asked under.</param>
public sealed record ReceiptEvent(
    string EventType, DateTimeOffset EventTime, DateTimeOffset OccurredAt, ScopeView Scope, ActorView Actor,
    OriginView Origin, ReasonView Reason, string? Regime);

/// <summary>The proof in a form that any verifier of transparency logs reads.</summary>
/// <param name="Format">Always <c>c2sp.org/tlog-proof@v1</c>.</param>
/// <param name="Index">The leaf's place in the ledger.</param>
/// <param name="Text">The whole receipt; store it as a <c>.tlog-proof</c> file.</param>
public sealed record ReceiptProof(string Format, long Index, string Text);
