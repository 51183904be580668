using System.Text.Json;

namespace OptOut.Service.Audit.Findings;

/// <summary>Something that the continuous audit found wrong, with whom, and since when.</summary>
/// <param name="Id"><c>fnd_</c> and 32 hex digits.</param>
/// <param name="Kind">Which rule, such as <c>delivery_overdue</c>; docs/runbooks says what to do.</param>
/// <param name="About">Whom it is about: <c>system:crm</c>, <c>service</c>, <c>key:…</c>, or <c>many</c>.</param>
/// <param name="System">The system's name where it is about one.</param>
/// <param name="Severity"><c>info</c>, <c>warning</c> or <c>critical</c>.</param>
/// <param name="State"><c>open</c>, <c>acknowledged</c> (somebody has taken it) or <c>closed</c> (it was cured).</param>
/// <param name="Owner">Who answers for it: the system's owner, or the service's.</param>
/// <param name="OpenedAt">When it was found, by the database's clock.</param>
/// <param name="SeenAt">When it was last seen to be true.</param>
/// <param name="ClosedAt">When it was cured.</param>
/// <param name="AgeSeconds">How long it has stood, or stood until it was cured.</param>
/// <param name="Count">How many subjects of complaint it stands for; more than one only where there were too many to list.</param>
/// <param name="Evidence">Counts, ages and ids; never an identifier of a person.</param>
/// <param name="Acknowledgement">Who has taken it.</param>
/// <param name="Silence">Until when nobody is reminded, and why.</param>
/// <param name="Escalation">How often it was raised again because nobody took it.</param>
public sealed record FindingView(
    string Id,
    string Kind,
    string About,
    string? System,
    string Severity,
    string State,
    string Owner,
    DateTimeOffset OpenedAt,
    DateTimeOffset SeenAt,
    DateTimeOffset? ClosedAt,
    long AgeSeconds,
    long Count,
    JsonElement Evidence,
    FindingAcknowledgement? Acknowledgement,
    FindingSilence? Silence,
    int Escalation);

/// <summary>Somebody has taken a finding.</summary>
/// <param name="By">The key.</param>
/// <param name="At">When.</param>
/// <param name="Reason">What they said.</param>
public sealed record FindingAcknowledgement(string By, DateTimeOffset At, string Reason);

/// <summary>Nobody is reminded of a finding for a while; it stays open and in sight.</summary>
/// <param name="By">The key; the second person's where two were needed.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Reason">Why.</param>
public sealed record FindingSilence(string By, DateTimeOffset Until, string Reason);

/// <summary>Takes a finding.</summary>
/// <param name="Reason">1 to 200 characters.</param>
public sealed record AcknowledgeFinding(string Reason);

/// <summary>Stops reminders of a finding for a while.</summary>
/// <param name="Seconds">60 to 2,592,000 (30 days); more than 86,400 (a day) needs a second person.</param>
/// <param name="Reason">1 to 200 characters.</param>
public sealed record SilenceFinding(int Seconds, string Reason);

/// <summary>A silence that waits for a second person.</summary>
internal sealed record PendingSilence(int Seconds, string Reason);
