using OptOut.Contracts;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>A message as it came: raw bytes, the three signature headers, the trace it belongs to.</summary>
internal sealed record SignedMessage(ReadOnlyMemory<byte> Body, WebhookHeaders Headers, string? TraceParent);

/// <summary>Where an acknowledgement came from, by the names in the database.</summary>
internal static class AcknowledgementSources
{
    public const string Amqp = "amqp";
    public const string Http = "http";
    public const string WebhookResponse = "webhook_response";
    public const string VendorResponse = "vendor_response";
    public const string ConfirmationLink = "confirmation_link";
    public const string Inbound = "inbound";
}

/// <summary>Why an acknowledgement changed nothing.</summary>
internal static class RejectionCodes
{
    public const string Unreadable = "unreadable";
    public const string SystemUnknown = "system_unknown";
    public const string SignatureMissing = "signature_missing";
    public const string SignatureInvalid = "signature_invalid";
    public const string SignatureTooOld = "signature_too_old";
    public const string DeliveryUnknown = "delivery_unknown";
    public const string ForeignDelivery = "foreign_delivery";
    public const string RecordMismatch = "record_mismatch";
    public const string Stale = "stale";
    public const string Repeated = "repeated";
    public const string NotSent = "not_sent";
    public const string AlreadyClosed = "already_closed";
}
