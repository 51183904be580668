namespace OptOut.Service.Audit.Alerts;

/// <summary>A way to tell people. It says once; repeating is the outbox's.</summary>
internal interface IAlertChannel
{
    /// <summary>Its name, stored with what waits for it.</summary>
    string Name { get; }

    string MinSeverity { get; }

    /// <summary>Null where it was taken, else a short code of what went wrong; never an address or an exception's words.</summary>
    Task<string?> SendAsync(AlertMessage message, CancellationToken cancellationToken);
}

/// <summary>What is said: where to look, and nothing about any person.</summary>
/// <param name="AlertId"><c>alr_</c> and 32 hex digits; the same for each try.</param>
/// <param name="Event"><c>opened</c>, <c>escalated</c> or <c>closed</c>.</param>
/// <param name="FindingId"><c>fnd_</c> and 32 hex digits.</param>
/// <param name="Kind">Which rule.</param>
/// <param name="About">Whom it is about.</param>
/// <param name="Severity">How bad.</param>
/// <param name="State">How the finding stands now, which may be later than the event.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="OpenedAt">Since when.</param>
/// <param name="AgeSeconds">For how long.</param>
/// <param name="Escalation">How often it was raised again.</param>
/// <param name="Url">Where its evidence is read, with a key.</param>
public sealed record AlertMessage(
    string AlertId,
    string Event,
    string FindingId,
    string Kind,
    string About,
    string Severity,
    string State,
    string Owner,
    DateTimeOffset OpenedAt,
    long AgeSeconds,
    int Escalation,
    string Url);
