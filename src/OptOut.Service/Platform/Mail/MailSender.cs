using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;

namespace OptOut.Service.Platform.Mail;

/// <summary>A mail in plain text.</summary>
/// <param name="Id">Unique; the same for each try of one mail, so that a receiver can tell a repeat.</param>
internal sealed record Mail(string Id, string To, string Subject, string Text);

/// <summary>What the server said.</summary>
internal enum MailOutcome
{
    Sent,

    /// <summary>The server will never take this mail.</summary>
    Refused,

    /// <summary>It may take it later.</summary>
    Failed,

    /// <summary>No answer in time.</summary>
    TimedOut,
}

/// <summary>Hands mails to the configured server, one connection a mail.</summary>
internal sealed class MailSender(MailSettings settings)
{
    private const int MaxSubjectLength = 200;

    public bool IsConfigured => settings.Host is not null;

    /// <exception cref="ArgumentException">The address or the subject could begin a header of its own.</exception>
    public async Task<MailOutcome> SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        if (!MailSettings.IsAddress(mail.To)) throw new ArgumentException("No plain e-mail address.", nameof(mail));
        if (mail.Subject.Length > MaxSubjectLength || mail.Subject.Any(char.IsControl))
            throw new ArgumentException("The subject is no single line.", nameof(mail));
        using var message = Message(mail);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(settings.Timeout);
        using var client = new SmtpClient(settings.Host, settings.Port) { EnableSsl = settings.Tls };
        if (settings.User is { } user) client.Credentials = new NetworkCredential(user, settings.Password);
        try
        {
            // The client's own cancellation waits for the server; a server that hangs must not hold us.
            await client.SendMailAsync(message, bound.Token).WaitAsync(bound.Token);
            return MailOutcome.Sent;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return MailOutcome.TimedOut;
        }
        catch (SmtpException exception)
        {
            return (int)exception.StatusCode is >= 500 and < 600 and not (int)SmtpStatusCode.ServiceNotAvailable
                ? MailOutcome.Refused
                : MailOutcome.Failed;
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            return MailOutcome.Failed;
        }
    }

    private MailMessage Message(Mail mail)
    {
        var message = new MailMessage(settings.Sender, mail.To)
        {
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text,
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.Base64,
            IsBodyHtml = false,
        };
        message.Headers["Message-ID"] = $"<{mail.Id}@{new MailAddress(settings.Sender).Host}>";
        // No vacation answers to a machine (RFC 3834).
        message.Headers["Auto-Submitted"] = "auto-generated";
        return message;
    }
}
