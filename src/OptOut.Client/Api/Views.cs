using OptOut.Contracts;

namespace OptOut.Client;

/// <summary>A person: an id and the types of what is known, never a value.</summary>
/// <param name="Id"><c>sub_…</c>, the survivor where several turned out to be one.</param>
/// <param name="Identifiers">The types that are known.</param>
public sealed record KnownSubject(string Id, IReadOnlyList<KnownIdentifierType> Identifiers);

/// <summary>That an identifier of this type is known.</summary>
/// <param name="Type">Such as <c>email</c>.</param>
public sealed record KnownIdentifierType(string Type);

/// <summary>A purpose of the tree.</summary>
/// <param name="Name">Its name; dots make the tree.</param>
/// <param name="Parent">The purpose above; null for <c>all</c>.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Overridable">Whether transactional messages may pass a stop of it.</param>
/// <param name="ObjectiveSeconds">How soon a stop of it has to be applied everywhere.</param>
/// <param name="Version">To be named when it is edited.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record Purpose(
    [property: System.Text.Json.Serialization.JsonPropertyName("purpose")] string Name, string? Parent,
    string DisplayName, bool Overridable, int ObjectiveSeconds, int Version, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>An act that waits for a second person.</summary>
/// <param name="ApprovalId">What the second person approves, <c>apr_…</c>.</param>
/// <param name="Act">What will be done, such as <c>system.retire</c>.</param>
/// <param name="Target">To what.</param>
/// <param name="State"><c>waiting approved expired</c>.</param>
/// <param name="RequestedBy">The key that asked.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="ExpiresAt">Until when it can be approved.</param>
/// <param name="ApprovedBy">The key that approved, once it did.</param>
/// <param name="ApprovedAt">When it did.</param>
public sealed record Approval(
    string ApprovalId, string Act, string Target, string State, string RequestedBy, DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt, string? ApprovedBy = null, DateTimeOffset? ApprovedAt = null);

/// <summary>What came of a change: it is done, or it waits for a second person.</summary>
/// <typeparam name="T">What was changed.</typeparam>
/// <param name="Result">As it is now; null while it waits.</param>
/// <param name="Approval">What it waits for; null once it is done.</param>
public sealed record Change<T>(T? Result, Approval? Approval)
    where T : class;

/// <summary>A downstream system and how it is doing. Figures are absent in lists.</summary>
/// <param name="Id"><c>sys_…</c></param>
/// <param name="Name">Its name in routes, routing keys and queues.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Kind"><c>internal</c> or <c>vendor</c>.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Channel">How it is reached.</param>
/// <param name="Contract">What it subscribes to.</param>
/// <param name="State"><c>active backfilling paused retired</c>.</param>
/// <param name="StateReason">Why it is paused, or was resumed.</param>
/// <param name="Version">To be named when it is paused or retired.</param>
/// <param name="Wired">Whether it has ever acknowledged anything.</param>
/// <param name="LastAcknowledgedAt">When it last did.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="UpdatedAt">When it last changed.</param>
/// <param name="FailureRate">Refused, retrying and parked among the deliveries of 24 hours, 0 to 1.</param>
/// <param name="Lag">From the record to applied.</param>
/// <param name="Open">Deliveries that are not closed.</param>
/// <param name="Overdue">Open ones whose objective has passed.</param>
/// <param name="OldestOpenAgeSeconds">Age of the one that is due first.</param>
public sealed record DownstreamSystem(
    string Id, string Name, string DisplayName, string Kind, string Owner, SystemChannel Channel, SystemContract Contract,
    string State, string? StateReason, int Version, bool Wired, DateTimeOffset? LastAcknowledgedAt,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, double? FailureRate = null, SystemLag? Lag = null,
    long? Open = null, long? Overdue = null, long? OldestOpenAgeSeconds = null);

/// <summary>How long it took, in milliseconds; null where nothing was applied.</summary>
/// <param name="P50Ms">Half were faster.</param>
/// <param name="P95Ms">95 of 100 were faster.</param>
/// <param name="MaxMs">The slowest.</param>
/// <param name="Sample">How many were looked at.</param>
public sealed record SystemLag(long? P50Ms, long? P95Ms, long? MaxMs, long Sample);

/// <summary>A system just registered: neither secret nor key can be read again.</summary>
/// <param name="System">The system.</param>
/// <param name="Secret">Signs in both directions, <c>whsec_…</c>.</param>
/// <param name="ApiKey">The system's own key.</param>
public sealed record RegisteredSystem(DownstreamSystem System, string Secret, string ApiKey)
{
    /// <summary>The name alone.</summary>
    public override string ToString() => System.Name;
}

/// <summary>A new signing secret, shown this once.</summary>
/// <param name="Secret"><c>whsec_…</c></param>
/// <param name="PreviousExpiresAt">Until when the one before is valid too.</param>
public sealed record RotatedSecret(string Secret, DateTimeOffset PreviousExpiresAt)
{
    /// <summary>Nothing of the secret.</summary>
    public override string ToString() => nameof(RotatedSecret);
}

/// <summary>A replay that has begun.</summary>
/// <param name="ReplayId"><c>rpl_…</c></param>
/// <param name="System">Whose deliveries.</param>
/// <param name="Since">As asked.</param>
/// <param name="StartedAt">What was recorded later is not touched.</param>
public sealed record SystemReplay(string ReplayId, string System, DateTimeOffset Since, DateTimeOffset StartedAt);

/// <summary>A test that is under way: read the delivery to see what the system did.</summary>
/// <param name="System">Which system.</param>
/// <param name="DeliveryId"><c>dlv_…</c></param>
/// <param name="OptOutId">The synthetic stop.</param>
/// <param name="Version">Its version.</param>
public sealed record SystemTest(string System, string DeliveryId, string OptOutId, int Version);

/// <summary>A key just made or rotated. It is shown in this answer and never again.</summary>
/// <param name="Id">16 hex digits; part of the key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Roles">Its roles.</param>
/// <param name="Key">The whole key.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
public sealed record IssuedApiKey(
    string Id, string Name, IReadOnlyList<string> Roles, string Key, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>The id alone.</summary>
    public override string ToString() => Id;
}

/// <summary>A key in a list, without its secret.</summary>
/// <param name="Id">16 hex digits.</param>
/// <param name="Name">Its name.</param>
/// <param name="Roles">Its roles.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
/// <param name="RevokedAt">When it was ended; null while it holds.</param>
/// <param name="PreviousSecretUntil">Until when the secret before the last rotation holds.</param>
public sealed record ApiKeyInfo(
    string Id, string Name, IReadOnlyList<string> Roles, string CreatedBy, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt = null, DateTimeOffset? RevokedAt = null, DateTimeOffset? PreviousSecretUntil = null);

/// <summary>A link or a token. Whoever holds it acts as the person: it belongs in no log.</summary>
/// <param name="Url">The page and one-click address of a stop (RFC 8058); null for a reversal.</param>
/// <param name="Token">Of a stop: the same again for the same scope. Of a reversal: single use.</param>
/// <param name="ExpiresAt">Null for a stop; a reversal lives 15 minutes.</param>
/// <param name="ListUnsubscribe">The value of the mail header <c>List-Unsubscribe</c>.</param>
/// <param name="ListUnsubscribePost">The value of <c>List-Unsubscribe-Post</c>.</param>
public sealed record OptOutLink(
    string? Url, string Token, DateTimeOffset? ExpiresAt, string? ListUnsubscribe, string? ListUnsubscribePost)
{
    /// <summary>Nothing of the token.</summary>
    public override string ToString() => Url is null ? "reversal" : "stop";
}

/// <summary>The answers of a check, in the order of the questions.</summary>
/// <param name="Items">One for each question.</param>
/// <param name="AsOf">Every stop that was answered before it is in the answers.</param>
/// <param name="Sequence">Grows with the history.</param>
public sealed record SuppressionCheck(
    IReadOnlyList<SuppressionVerdict> Items, DateTimeOffset AsOf, string Sequence);

/// <summary>One answer of a check.</summary>
/// <param name="Decision">Only go lets data be used.</param>
/// <param name="OptOutId">The opt-out that covers the question; null where none does.</param>
/// <param name="Version">Its version.</param>
/// <param name="CoveredBy">Its scope.</param>
/// <param name="Override">True where a transactional message may pass in spite of it.</param>
/// <param name="Code">Why it is unknown.</param>
public sealed record SuppressionVerdict(
    SuppressionDecision Decision, string? OptOutId = null, int? Version = null, OptOutScope? CoveredBy = null,
    bool? Override = null, string? Code = null)
{
    /// <summary>True only for go: unknown means no.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool MayUse => Decision == SuppressionDecision.Go;
}

/// <summary>What became of the lines of a filter.</summary>
/// <param name="Passed">Handed on.</param>
/// <param name="Stopped">Held back because of a stop.</param>
/// <param name="Unreadable">Held back because nobody can say whom they are about.</param>
public sealed record FilterCounts(long Passed, long Stopped, long Unreadable);

/// <summary>What the service made of one report.</summary>
/// <param name="Status">201 where it was stored; 200 where it is known already, or no stop covers it.</param>
/// <param name="Id">The stored decision, <c>dec_…</c>.</param>
/// <param name="Problem">Why it was refused; null where it was not.</param>
public sealed record DecisionAnswer(int Status, string? Id = null, OptOutProblem? Problem = null);

/// <summary>A decision on record.</summary>
/// <param name="Id"><c>dec_…</c></param>
/// <param name="Version">The version of the opt-out that stood.</param>
/// <param name="Purpose">What was asked for, at or below the stop's purpose.</param>
/// <param name="Channel">The channel that was asked for.</param>
/// <param name="Outcome"><c>blocked cancelled sent overridden listed</c>.</param>
/// <param name="Mode"><c>check filter gate live reconciliation</c>.</param>
/// <param name="At">When it happened; a claim where it was reported.</param>
/// <param name="EffectiveFrom">The press: what left at or after it left after the stop.</param>
/// <param name="RecordedAt">When it was stored.</param>
/// <param name="AskedBy">The key that asked or reported.</param>
/// <param name="LedgerEntryId">The leaf that covers it.</param>
/// <param name="MessageId">The sender's id of the message, or its keyed hash.</param>
public sealed record RecordedDecision(
    string Id, int Version, string Purpose, string Channel, string Outcome, string Mode, DateTimeOffset At,
    DateTimeOffset EffectiveFrom, DateTimeOffset RecordedAt, string AskedBy, string LedgerEntryId,
    string? MessageId = null);

/// <summary>A synthetic opt-out through systems, timed.</summary>
/// <param name="Id"><c>prb_…</c></param>
/// <param name="State"><c>running passed failed</c>.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Stages">How long each stage took.</param>
/// <param name="Systems">What each system did.</param>
public sealed record Probe(
    string Id, string State, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt = null,
    IReadOnlyList<ProbeStage>? Stages = null, IReadOnlyList<ProbedSystem>? Systems = null);

/// <summary>One stage of a probe.</summary>
/// <param name="Stage">Which.</param>
/// <param name="Ms">How long it took, in milliseconds.</param>
public sealed record ProbeStage(string Stage, long? Ms = null);

/// <summary>One system of a probe.</summary>
/// <param name="System">Which.</param>
/// <param name="Verdict">What came of it.</param>
/// <param name="LagMs">From the record to applied, in milliseconds.</param>
public sealed record ProbedSystem(string System, string Verdict, long? LagMs = null);

internal sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);
