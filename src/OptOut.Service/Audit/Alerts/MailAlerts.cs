using System.Globalization;
using OptOut.Service.Platform.Mail;

namespace OptOut.Service.Audit.Alerts;

/// <summary>Sends alerts to a mailbox, in plain words.</summary>
internal sealed class MailAlerts(AlertMailbox mailbox, MailSender sender) : IAlertChannel
{
    public const string ChannelName = "email";

    public string Name => ChannelName;

    public string MinSeverity => mailbox.MinSeverity;

    public async Task<string?> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var outcome = await sender.SendAsync(
            new Mail(message.AlertId, mailbox.To, Subject(message), Text(message)), cancellationToken);
        return outcome switch
        {
            MailOutcome.Sent => null,
            MailOutcome.Refused => "refused",
            MailOutcome.TimedOut => "timed_out",
            _ => "failed",
        };
    }

    /// <summary>Only words of ours and names of systems, which are a-z, 0-9 and the hyphen.</summary>
    public static string Subject(AlertMessage message) =>
        $"[OptOut {message.Severity}] {message.Kind} {message.Event}: {message.About}";

    private static string Text(AlertMessage message) => string.Create(CultureInfo.InvariantCulture,
        $"""
        {message.Kind} about {message.About} was {message.Event}.

        Severity:  {message.Severity}
        State:     {message.State}
        Owner:     {message.Owner}
        Since:     {message.OpenedAt:yyyy-MM-dd HH:mm:ss} UTC ({message.AgeSeconds} s)
        Raised:    {message.Escalation + 1} times
        Evidence:  {message.Url}

        """);
}
