using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Authentication;
using OptOut.Contracts;
using OptOut.Service.Platform.Mail;
using OptOut.Service.Portal;

namespace OptOut.Service.Propagation.Channels.Smtp;

/// <summary>
/// Mails vendors that only read mail. A mail server's 250 says that it has the message and nothing more: the delivery is
/// sent, and only a person's confirmation closes it.
/// </summary>
internal sealed class SmtpChannel(
    MailSettings settings, ChannelSettings channels, ConfirmationLinks links, PublicAddress address, TimeProvider clock) : ICalledChannel
{
    public string Type => ChannelTypes.Smtp;

    public int BatchSize => 1;

    public async ValueTask<AttemptResult[]> SendAsync(
        IReadOnlyList<OutgoingDelivery> batch, CancellationToken cancellationToken)
    {
        var results = new AttemptResult[batch.Count];
        for (var index = 0; index < results.Length; index++)
            results[index] = await SendAsync(batch[index], cancellationToken);
        return results;
    }

    private async Task<AttemptResult> SendAsync(OutgoingDelivery delivery, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        if (delivery.Target.System?.Channel.Address is not { } to || !VendorAddress.IsPlain(to)
            || OptOutEvent.TryParse(delivery.Body.Span) is not { } told)
            return new AttemptResult(AttemptOutcome.Misconfigured, startedAt, startedAt);
        using var bound = new CancellationTokenSource(2 * channels.CallTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        using var message = MailComposer.Compose(told.Data, new MailAddress(settings.Sender), new MailAddress(to),
            address.UrlOf(ConfirmationLinks.Path + links.TokenOf(delivery.DeliveryId)), startedAt);
        // One connection a message: what a server remembers of the last one says nothing about this.
        using var client = new SmtpClient(settings.Host!, settings.Port)
        {
            EnableSsl = settings.Tls,
            UseDefaultCredentials = false,
            Credentials = settings.User is null ? null : new NetworkCredential(settings.User, settings.Password),
        };
        try
        {
            // The client's own cancellation waits for the server; one that hangs must not hold us.
            await client.SendMailAsync(message, either.Token).WaitAsync(either.Token);
            return new AttemptResult(AttemptOutcome.Sent, startedAt, clock.GetUtcNow(), (int)SmtpStatusCode.Ok);
        }
        catch (Exception exception) when (exception is SmtpException or OperationCanceledException or IOException)
        {
            var (outcome, status) = cancellationToken.IsCancellationRequested ? (AttemptOutcome.Interrupted, null)
                : bound.IsCancellationRequested ? (AttemptOutcome.TimedOut, null)
                : Read(exception);
            return new AttemptResult(outcome, startedAt, clock.GetUtcNow(), status);
        }
    }

    private static (AttemptOutcome Outcome, int? Status) Read(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SmtpException { StatusCode: not SmtpStatusCode.GeneralFailure and var status }:
                    return (AttemptOutcome.BadStatus, (int)status);
                case AuthenticationException:
                    return (AttemptOutcome.TlsFailure, null);
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData }:
                    return (AttemptOutcome.NameNotResolved, null);
                case OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return (AttemptOutcome.TimedOut, null);
            }
        }

        return (AttemptOutcome.Unavailable, null);
    }
}
