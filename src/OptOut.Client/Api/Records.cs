using OptOut.Contracts;

namespace OptOut.Client;

/// <summary>One version of an opt-out.</summary>
/// <param name="Id">The opt-out, <c>oo_…</c>; the same for all its versions.</param>
/// <param name="Version">1, 2, 3… without a gap.</param>
/// <param name="SubjectId">The person, <c>sub_…</c>.</param>
/// <param name="Scope">What it covers.</param>
/// <param name="State"><c>opted_out</c> or <c>opted_in</c>.</param>
/// <param name="OccurredAt">The caller's claim; it decides nothing.</param>
/// <param name="RecordedAt">The service's clock.</param>
/// <param name="Actor">Who acted.</param>
/// <param name="Origin">Where and how.</param>
/// <param name="Reason">Why.</param>
/// <param name="Regime">The law asked under.</param>
/// <param name="Synthetic">True for probes.</param>
/// <param name="RecordHash">Base64 SHA-256 of the record's commitment payload.</param>
/// <param name="LedgerEntryId">The ledger's leaf that covers this version.</param>
/// <param name="Propagation">How far it has come.</param>
public sealed record OptOutRecord(
    string Id, int Version, string SubjectId, OptOutScope Scope, string State, DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt, Actor Actor, Origin Origin, Reason Reason, string? Regime, bool Synthetic,
    string RecordHash, string LedgerEntryId, PropagationSummary Propagation);

/// <summary>The state over all systems.</summary>
/// <param name="State"><c>pending partial complete failed</c>.</param>
/// <param name="Overdue">True where a delivery is open past its objective.</param>
/// <param name="Systems">How many systems are told.</param>
/// <param name="Applied">How many have applied it.</param>
public sealed record PropagationSummary(string State, bool Overdue, int Systems, int Applied);

/// <summary>One answer of a batch: either of the two is set.</summary>
/// <typeparam name="T">What the item became.</typeparam>
/// <param name="Status">The status that the item would have had alone.</param>
/// <param name="Record">What it became; null where it was refused.</param>
/// <param name="Problem">Why it was refused; null where it was not.</param>
public sealed record BatchAnswer<T>(int Status, T? Record = null, OptOutProblem? Problem = null)
    where T : class;

/// <summary>How far an opt-out has come, per system.</summary>
/// <param name="OptOutId">The opt-out.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><c>pending partial complete failed</c>, over the systems.</param>
/// <param name="Overdue">True where a delivery is open past its objective.</param>
/// <param name="Systems">Each system that is told.</param>
public sealed record Propagation(
    string OptOutId, int Version, string State, bool Overdue, IReadOnlyList<Delivery> Systems);

/// <summary>One version for one system.</summary>
/// <param name="System">Which system.</param>
/// <param name="DeliveryId"><c>dlv_…</c></param>
/// <param name="OptOutId">The opt-out.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><c>pending sent received applied no_match refused retrying parked superseded verified</c>.</param>
/// <param name="Overdue">Open past <paramref name="ApplyBy"/>.</param>
/// <param name="Attempts">Tries so far.</param>
/// <param name="RecordedAt">When the version was recorded.</param>
/// <param name="ApplyBy">The objective.</param>
/// <param name="SentAt">When the broker or the receiver first took it.</param>
/// <param name="ReceivedAt">When the system said that it has it.</param>
/// <param name="AppliedAt">When the system's word that it applied it was taken.</param>
/// <param name="ClosedAt">When nothing was left to do.</param>
/// <param name="NextAttemptAt">When it is tried again.</param>
/// <param name="LagMs">From the record to the closing word, in milliseconds; null while open.</param>
/// <param name="Reason">Why it is in this state, where nobody's word is.</param>
/// <param name="Acknowledgement">The system's signed word.</param>
public sealed record Delivery(
    string System, string DeliveryId, string OptOutId, int Version, string State, bool Overdue, int Attempts,
    DateTimeOffset RecordedAt, DateTimeOffset ApplyBy, DateTimeOffset? SentAt, DateTimeOffset? ReceivedAt,
    DateTimeOffset? AppliedAt, DateTimeOffset? ClosedAt, DateTimeOffset? NextAttemptAt, long? LagMs, string? Reason,
    DeliveryAcknowledgement? Acknowledgement);

/// <summary>A system's signed word on what it did.</summary>
/// <param name="Id"><c>ack_…</c></param>
/// <param name="Outcome"><c>received applied no_match refused failed</c>.</param>
/// <param name="AppliedAt">When, by the system's clock.</param>
/// <param name="ReceivedAt">When the service took it.</param>
/// <param name="Source">By which way it came.</param>
/// <param name="Actions">What was done to which asset.</param>
/// <param name="Reason">The system's words.</param>
public sealed record DeliveryAcknowledgement(
    string Id, string Outcome, DateTimeOffset? AppliedAt, DateTimeOffset ReceivedAt, string Source,
    IReadOnlyList<AcknowledgementAction> Actions, string? Reason);

/// <summary>A delivery with each of its tries.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="AttemptHistory">Its tries, oldest first.</param>
public sealed record DeliveryDetail(Delivery Delivery, IReadOnlyList<DeliveryAttempt> AttemptHistory);

/// <summary>One try.</summary>
/// <param name="Number">1, 2, 3…</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="LatencyMs">How long it took, in milliseconds.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="StatusCode">The HTTP status, where there was one.</param>
/// <param name="Worker">Who tried.</param>
public sealed record DeliveryAttempt(
    int Number, DateTimeOffset StartedAt, DateTimeOffset EndedAt, long LatencyMs, string Outcome, int? StatusCode,
    string Worker);

/// <summary>Which deliveries to list; what is null is not asked.</summary>
/// <param name="System">Of this system.</param>
/// <param name="State">In this state.</param>
/// <param name="Overdue">Open past their objective, or not.</param>
/// <param name="OptOutId">Of this opt-out.</param>
/// <param name="Since">Recorded at this time or later.</param>
public sealed record DeliveryFilter(
    string? System = null, string? State = null, bool? Overdue = null, string? OptOutId = null,
    DateTimeOffset? Since = null);

/// <summary>One thing that happened around an opt-out.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What, such as <c>recorded</c>, <c>attempted</c>, <c>acknowledged</c>, <c>closed</c>.</param>
/// <param name="Version">Of which version.</param>
/// <param name="System">At which system.</param>
/// <param name="DeliveryId">Of which delivery.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="StatusCode">The HTTP status that answered an attempt.</param>
/// <param name="Actions">What the system says that it did.</param>
/// <param name="LedgerEntryId">The leaf that covers it, where it has one.</param>
/// <param name="LedgerIndex">The leaf's place; null while it waits.</param>
public sealed record TrailItem(
    DateTimeOffset At, string Kind, int? Version = null, string? System = null, string? DeliveryId = null,
    string? Outcome = null, int? StatusCode = null, IReadOnlyList<AcknowledgementAction>? Actions = null,
    string? LedgerEntryId = null, long? LedgerIndex = null);

/// <summary>What the person keeps (ISO/IEC TS 27560): what was recorded, how far it has come, and the proof.</summary>
/// <param name="SchemaVersion">The form of this document.</param>
/// <param name="Controller">The installation that answers for it.</param>
/// <param name="RecordId">The opt-out.</param>
/// <param name="Version">Its version.</param>
/// <param name="PiiPrincipalId">The person.</param>
/// <param name="Event">What was said, when and how.</param>
/// <param name="RecordHash">Base64 SHA-256 of the record's commitment payload.</param>
/// <param name="State"><c>pending partial complete failed</c>, over the systems.</param>
/// <param name="Overdue">True where a delivery is open past its objective.</param>
/// <param name="Systems">Each system that was told.</param>
/// <param name="HowToWithdraw">How the person, and nobody else, lifts the stop.</param>
/// <param name="LedgerEntryId">The leaf.</param>
/// <param name="Opening">Opens the leaf's commitment; null where it is gone.</param>
/// <param name="Proof">That the act stands in the ledger; null until a checkpoint covers it.</param>
public sealed record OptOutReceipt(
    string SchemaVersion, string Controller, string RecordId, int Version, string PiiPrincipalId, ReceiptEvent Event,
    string RecordHash, string State, bool Overdue, IReadOnlyList<Delivery> Systems, string HowToWithdraw,
    string LedgerEntryId, LedgerOpening? Opening, ReceiptProof? Proof);

/// <summary>The act of a receipt.</summary>
/// <param name="EventType"><c>opted_out</c> or <c>opted_in</c>.</param>
/// <param name="EventTime">The service's clock.</param>
/// <param name="OccurredAt">The caller's claim.</param>
/// <param name="Scope">What it covers.</param>
/// <param name="Actor">Who acted.</param>
/// <param name="Origin">Where and how.</param>
/// <param name="Reason">Why.</param>
/// <param name="Regime">The law asked under.</param>
public sealed record ReceiptEvent(
    string EventType, DateTimeOffset EventTime, DateTimeOffset OccurredAt, OptOutScope Scope, Actor Actor, Origin Origin,
    Reason Reason, string? Regime);

/// <summary>A proof that any verifier of transparency logs reads.</summary>
/// <param name="Format"><c>c2sp.org/tlog-proof@v1</c>.</param>
/// <param name="Index">The leaf's place in the ledger.</param>
/// <param name="Text">The whole proof; store it as a <c>.tlog-proof</c> file.</param>
public sealed record ReceiptProof(string Format, long Index, string Text);

/// <summary>What opens a leaf's commitment: SHA-256("optout.commit/1" ‖ 0x00 ‖ nonce ‖ payload).</summary>
/// <param name="EntryId">The leaf.</param>
/// <param name="Nonce">32 bytes in base64.</param>
/// <param name="Payload">The private part of the act in base64, canonical JSON.</param>
public sealed record LedgerOpening(string EntryId, string Nonce, string Payload);

/// <summary>The log's name and keys.</summary>
/// <param name="Origin">The log's name.</param>
/// <param name="Keys">Its keys, to be kept elsewhere than its receipts.</param>
public sealed record LedgerKeys(string Origin, IReadOnlyList<LedgerKey> Keys);

/// <summary>One key of the log.</summary>
/// <param name="Type"><c>ecdsa-p256</c> or <c>ed25519</c>.</param>
/// <param name="Vkey">The C2SP verifier key.</param>
/// <param name="Spki">Base64 of the SubjectPublicKeyInfo, for ECDSA.</param>
public sealed record LedgerKey(string Type, string Vkey, string? Spki = null);

/// <summary>RFC 9162 consistency proof.</summary>
/// <param name="From">Size of the older tree.</param>
/// <param name="To">Size of the newer tree.</param>
/// <param name="Proof">32-byte hashes in base64.</param>
public sealed record LedgerConsistency(long From, long To, IReadOnlyList<string> Proof);
