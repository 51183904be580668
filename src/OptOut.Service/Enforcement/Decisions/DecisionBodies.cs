using System.Text.Json.Serialization;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>What a gate or a sender did about one message.</summary>
/// <param name="Identifier">The person by an identifier; exactly one of this and the id.</param>
/// <param name="SubjectId">The person by id, <c>sub_…</c>.</param>
/// <param name="Purpose">The purpose of the message.</param>
/// <param name="Channel">The channel of the message.</param>
/// <param name="Outcome">
/// <c>blocked</c>: not sent; <c>cancelled</c>: was queued already and taken out; <c>sent</c>: left at <c>at</c>.
/// </param>
/// <param name="At">When, by the sender's clock: a claim. Now, where absent.</param>
/// <param name="MessageId">The sender's id of the message; a second report with it is stored once.</param>
/// <param name="Mode"><c>gate</c> (decided by a local copy) or <c>live</c> (by asking the service). Gate, where absent.</param>
public sealed record DecisionItem(
    string Outcome,
    AskedIdentifier? Identifier = null,
    string? SubjectId = null,
    string? Purpose = null,
    string? Channel = null,
    DateTimeOffset? At = null,
    string? MessageId = null,
    string? Mode = null);

/// <summary>One answer for each item, in order.</summary>
public sealed record DecisionsAnswer(IReadOnlyList<DecisionResult> Items);

/// <summary>
/// 201 with the id of the stored decision; 200 where the report is known already, or where no stop covers it and it was
/// only counted; else a problem.
/// </summary>
public sealed record DecisionResult(
    int Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ProblemDocument? Problem = null);

/// <summary>A decision on record.</summary>
/// <param name="Id"><c>dec_…</c></param>
/// <param name="Version">The version that stood.</param>
/// <param name="Purpose">What was asked for, at or below the stop's purpose.</param>
/// <param name="Channel">The channel that was asked for.</param>
/// <param name="Outcome"><c>blocked</c>, <c>cancelled</c>, <c>sent</c>, <c>overridden</c> or <c>listed</c>.</param>
/// <param name="Mode"><c>check</c>, <c>filter</c>, <c>gate</c>, <c>live</c> or <c>reconciliation</c>.</param>
/// <param name="At">When it happened; a claim where it was reported.</param>
/// <param name="EffectiveFrom">The press: what left at or after it left after the stop.</param>
/// <param name="RecordedAt">When it was stored.</param>
/// <param name="AskedBy">The key that asked or reported.</param>
/// <param name="MessageId">The sender's id of the message, or its keyed hash where it might name a person.</param>
/// <param name="LedgerEntryId">The leaf that covers the chunk.</param>
public sealed record DecisionView(
    string Id,
    int Version,
    string Purpose,
    string Channel,
    string Outcome,
    string Mode,
    DateTimeOffset At,
    DateTimeOffset EffectiveFrom,
    DateTimeOffset RecordedAt,
    string AskedBy,
    string? MessageId,
    string LedgerEntryId);
