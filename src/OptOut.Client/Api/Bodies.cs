using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Client;

/// <summary>An identifier as the person or the caller wrote it; the service brings it to its canonical form.</summary>
/// <param name="Type"><c>email phone user_id device_id</c>, or a configured type.</param>
/// <param name="Value">The address, number or id.</param>
public sealed record Identifier(string Type, string Value)
{
    /// <summary>The type alone: an identifier belongs in no log.</summary>
    public override string ToString() => Type;
}

/// <summary>A person: by id, or by identifiers.</summary>
public sealed record Subject
{
    /// <summary><c>sub_…</c>; exactly one of this and <see cref="Identifiers"/>.</summary>
    public string? Id { get; init; }

    /// <summary>1 to 20 identifiers of one person.</summary>
    public IReadOnlyList<Identifier>? Identifiers { get; init; }

    /// <summary>A person by one identifier.</summary>
    public static Subject By(string type, string value) => new() { Identifiers = [new Identifier(type, value)] };

    /// <summary>A person by id.</summary>
    public static Subject WithId(string id) => new() { Id = id };
}

/// <summary>Who acted, apart from the subject.</summary>
/// <param name="Type"><c>subject agent operator system</c>.</param>
/// <param name="Id">An opaque id, never an address.</param>
public sealed record Actor(string Type, string? Id = null);

/// <summary>Where and how a choice was made.</summary>
/// <param name="System">The system's name; the calling key's name where absent.</param>
/// <param name="Method"><c>api page link one_click gpc agent import vendor</c>.</param>
public sealed record Origin(string? System = null, string? Method = null);

/// <summary>Why, as a code of <c>[a-z0-9_.]</c>.</summary>
/// <param name="Code">Such as <c>user_request</c>.</param>
public sealed record Reason(string Code);

/// <summary>A stop to be recorded. Subject and purpose are required; the rest has defaults.</summary>
public sealed record NewOptOut
{
    /// <summary>Who says stop.</summary>
    public required Subject Subject { get; init; }

    /// <summary>What stops.</summary>
    public required NewScope Scope { get; init; }

    /// <summary>Who acted; the subject where absent.</summary>
    public Actor? Actor { get; init; }

    /// <summary>Where and how; the calling key and <c>api</c> where absent.</summary>
    public Origin? Origin { get; init; }

    /// <summary>Why; <c>user_request</c> where absent.</summary>
    public Reason? Reason { get; init; }

    /// <summary>The law asked under, such as <c>gdpr</c>.</summary>
    public string? Regime { get; init; }

    /// <summary>When the person said it; a claim. Now, where absent.</summary>
    public DateTimeOffset? OccurredAt { get; init; }
}

/// <summary>A purpose of the tree and a channel.</summary>
/// <param name="Purpose">Such as <c>marketing.newsletter</c>; covers everything below it.</param>
/// <param name="Channel"><c>email sms phone post push ads</c>; <c>any</c> where absent.</param>
public sealed record NewScope(string Purpose, string? Channel = null);

/// <summary>One question: may this person's data be used for this purpose over this channel?</summary>
public sealed record SuppressionQuestion
{
    /// <summary>The person by an identifier; exactly one of this and <see cref="SubjectId"/>.</summary>
    public Identifier? Identifier { get; init; }

    /// <summary>The person by id.</summary>
    public string? SubjectId { get; init; }

    /// <summary>A purpose of the tree.</summary>
    public required string Purpose { get; init; }

    /// <summary>The channel about to be used.</summary>
    public required string Channel { get; init; }

    /// <summary><c>transactional</c> for a message that the person needs; wants a key of that role.</summary>
    public string? MessageClass { get; init; }
}

/// <summary>The answer to a question. Only <see cref="Go"/> lets data be used.</summary>
[JsonConverter(typeof(ClosedSetConverter<SuppressionDecision>))]
public enum SuppressionDecision
{
    /// <summary>The service cannot say: do not use the data. The default.</summary>
    Unknown,

    /// <summary>A stop covers it: do not use the data.</summary>
    Stop,

    /// <summary>No stop covers it.</summary>
    Go,
}

/// <summary>What became of a message under a stop.</summary>
[JsonConverter(typeof(ClosedSetConverter<DecisionOutcome>))]
public enum DecisionOutcome
{
    /// <summary>It was not made, because a gate or a check said stop.</summary>
    Blocked,

    /// <summary>It was queued already, and was taken out.</summary>
    Cancelled,

    /// <summary>It left at or after the press.</summary>
    Sent,
}

/// <summary>By which way it was decided.</summary>
[JsonConverter(typeof(ClosedSetConverter<DecisionMode>))]
public enum DecisionMode
{
    /// <summary>By a local gate.</summary>
    Gate,

    /// <summary>By asking the service.</summary>
    Live,
}

/// <summary>What a gate or a sender blocked, cancelled, or sent after a stop.</summary>
public sealed record DecisionReport
{
    /// <summary>The person by an identifier; exactly one of this and <see cref="SubjectId"/>.</summary>
    public Identifier? Identifier { get; init; }

    /// <summary>The person by id.</summary>
    public string? SubjectId { get; init; }

    /// <summary>What it was for.</summary>
    public required string Purpose { get; init; }

    /// <summary>The channel.</summary>
    public required string Channel { get; init; }

    /// <summary>What became of it.</summary>
    public required DecisionOutcome Outcome { get; init; }

    /// <summary>When, by the reporter's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>
    /// The reporter's own id of the message, never an address. A second report with it is stored once, so that reports
    /// which all have one are sent again where they may have been lost.
    /// </summary>
    public string? MessageId { get; init; }

    /// <summary>By which way it was decided.</summary>
    public required DecisionMode Mode { get; init; }
}

/// <summary>What a purpose is to be.</summary>
/// <param name="DisplayName">For people; 1 to 200 characters.</param>
/// <param name="Overridable">Whether transactional messages may pass a stop of it.</param>
/// <param name="ObjectiveSeconds">How soon a stop of it has to be applied everywhere, 1 to 2,592,000.</param>
public sealed record PurposeDefinition(string DisplayName, bool Overridable = false, int ObjectiveSeconds = 60);

/// <summary>What a system is to be.</summary>
/// <param name="DisplayName">For people; 1 to 200 characters.</param>
/// <param name="Kind"><c>internal</c> or <c>vendor</c>.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Channel">How it is reached.</param>
/// <param name="Contract">What it subscribes to.</param>
public sealed record SystemDefinition(
    string DisplayName, string Kind, string Owner, SystemChannel Channel, SystemContract Contract);

/// <summary>How a system is reached.</summary>
/// <param name="Type"><c>rabbitmq webhook connector smtp pull</c>.</param>
/// <param name="Url">A webhook's address.</param>
public sealed record SystemChannel(string Type, string? Url = null);

/// <summary>What a system subscribes to.</summary>
/// <param name="Purposes">Purposes of the tree.</param>
/// <param name="Channels">Channels, or <c>any</c>.</param>
/// <param name="Identifiers">The only identifiers that it is given.</param>
/// <param name="ObjectiveSeconds">Seconds from the record to the acknowledgement; the purpose's where absent.</param>
public sealed record SystemContract(
    IReadOnlyList<string> Purposes, IReadOnlyList<string> Channels, IReadOnlyList<SystemIdentifier> Identifiers,
    int? ObjectiveSeconds = null);

/// <summary>One identifier type of a contract.</summary>
/// <param name="Type">Such as <c>email</c>.</param>
/// <param name="Form"><c>plain sha256 hmac</c>.</param>
public sealed record SystemIdentifier(string Type, string Form = "plain");

/// <summary>A key to be made.</summary>
/// <param name="Name">What it is for, 1 to 200 characters.</param>
/// <param name="Roles">What it may do.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
public sealed record NewApiKey(string Name, IReadOnlyList<string> Roles, DateTimeOffset? ExpiresAt = null);

internal sealed record LookupBody(Identifier Identifier);

internal sealed record ReversalBody(EvidenceBody Evidence);

internal sealed record EvidenceBody(string Type, string Token)
{
    public override string ToString() => Type;
}

internal sealed record LinkBody(Subject Subject, NewScope Scope, string Action);

internal sealed record ReasonBody(string Reason);

internal sealed record OverlapBody(int OverlapSeconds);

internal sealed record ReplayBody(DateTimeOffset Since);

internal sealed record ProbeBody(IReadOnlyList<string> Systems);

internal sealed record Items<T>([property: JsonPropertyName("items")] IReadOnlyList<T> All);
