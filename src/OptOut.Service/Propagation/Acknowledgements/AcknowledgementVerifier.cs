using System.Security.Cryptography;
using OptOut.Contracts;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>Reads a message and checks that the system it claims to be from has signed these very bytes.</summary>
internal static class AcknowledgementVerifier
{
    /// <param name="tolerance">How old the signed time may be; null over AMQP, where messages may wait out an outage.</param>
    public static AcknowledgementClaim Read(
        SignedMessage message, DownstreamSystem? system, string source, DateTimeOffset now, TimeSpan? tolerance)
    {
        var claim = new AcknowledgementClaim
        {
            Source = source,
            BodyHash = SHA256.HashData(message.Body.Span),
            System = system,
            MessageId = Redaction.OfMessageId(message.Headers.Id),
            TraceParent = message.TraceParent,
        };
        if (system is null)
            return claim with { Rejection = RejectionCodes.SystemUnknown };
        if (SignatureFault(message, system, now, tolerance) is { } fault)
            return claim with { Rejection = fault };
        return Acknowledgement.TryParse(message.Body.Span) is { } word
            ? claim with { Word = word }
            : claim with { Rejection = RejectionCodes.Unreadable };
    }

    /// <summary>Why the signature is refused; null where it holds.</summary>
    public static string? SignatureFault(
        SignedMessage message, DownstreamSystem system, DateTimeOffset now, TimeSpan? tolerance) =>
        StandardWebhooks.Verify(message.Headers, message.Body.Span, system.SecretsAt(now), now, tolerance) switch
        {
            SignatureVerdict.Ok => null,
            SignatureVerdict.MissingHeader => RejectionCodes.SignatureMissing,
            SignatureVerdict.TooOld or SignatureVerdict.TooNew => RejectionCodes.SignatureTooOld,
            _ => RejectionCodes.SignatureInvalid,
        };
}
