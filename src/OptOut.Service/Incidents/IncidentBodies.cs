using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Incidents;

/// <summary>Opens an incident: the watch becomes tighter.</summary>
/// <param name="Title">1 to 200 characters.</param>
/// <param name="Severity"><c>info</c>, <c>warning</c> or <c>critical</c>; critical where absent.</param>
/// <param name="IntegrityLock">Reversals and whatever lowers protection need two people until it is closed; true where absent.</param>
public sealed record NewIncident(string Title, string? Severity = null, bool? IntegrityLock = null);

/// <summary>Closes an incident.</summary>
/// <param name="Summary">What happened and what was done, 1 to 2,000 characters.</param>
public sealed record IncidentClosing(string Summary);

/// <summary>An incident in a list.</summary>
/// <param name="Id"><c>inc_</c> and 32 hex digits.</param>
/// <param name="Title">Its title.</param>
/// <param name="Severity">How bad.</param>
/// <param name="IntegrityLock">Whether it locks what lowers protection.</param>
/// <param name="State"><c>open</c> or <c>closed</c>.</param>
/// <param name="FindingId">The finding that opened it; null where a person did.</param>
/// <param name="OpenedBy">The key, or <c>svc:audit</c>.</param>
/// <param name="OpenedAt">When, by the database's clock.</param>
/// <param name="ClosedBy">Who closed it.</param>
/// <param name="ClosedAt">When.</param>
/// <param name="Summary">With what words.</param>
public sealed record IncidentSummary(
    string Id, string Title, string Severity, bool IntegrityLock, string State, string? FindingId, string OpenedBy,
    DateTimeOffset OpenedAt, string? ClosedBy, DateTimeOffset? ClosedAt, string? Summary);

/// <summary>An incident with what happened around it.</summary>
/// <param name="Incident">The incident.</param>
/// <param name="Timeline">From an hour before it was opened, oldest first, 500 at most.</param>
public sealed record IncidentView(
    [property: JsonIgnore] IncidentSummary Incident, IReadOnlyList<IncidentEvent> Timeline)
{
    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string Id => Incident.Id;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string Title => Incident.Title;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string Severity => Incident.Severity;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public bool IntegrityLock => Incident.IntegrityLock;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string State => Incident.State;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string? FindingId => Incident.FindingId;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string OpenedBy => Incident.OpenedBy;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public DateTimeOffset OpenedAt => Incident.OpenedAt;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string? ClosedBy => Incident.ClosedBy;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public DateTimeOffset? ClosedAt => Incident.ClosedAt;

    /// <summary>See <see cref="IncidentSummary"/>.</summary>
    public string? Summary => Incident.Summary;
}

/// <summary>One thing that happened.</summary>
/// <param name="At">When.</param>
/// <param name="Type"><c>finding_opened</c>, <c>finding_closed</c>, <c>probe</c>, or an act by its name in the ledger.</param>
/// <param name="About">Whom or what it is about.</param>
/// <param name="Actor">Who did it; null for what merely happened.</param>
/// <param name="Reference">Where to read more: a finding, a probe or a ledger entry.</param>
public sealed record IncidentEvent(DateTimeOffset At, string Type, string? About, string? Actor, string Reference);

[JsonSerializable(typeof(NewIncident))]
[JsonSerializable(typeof(IncidentClosing))]
[JsonSerializable(typeof(IncidentView))]
[JsonSerializable(typeof(ListAnswer<IncidentSummary>))]
internal sealed partial class IncidentsJson : JsonSerializerContext
{
    public static IncidentsJson Strict { get; } = new(OptOutJson.NewOptions());
}
