namespace OptOut.Contracts;

/// <summary>The three headers of Standard Webhooks, as they came; over AMQP message headers of the same names.</summary>
/// <param name="Id">The sender's unique id of the message.</param>
/// <param name="Timestamp">Unix seconds of the attempt, as text.</param>
/// <param name="Signature">Space-separated <c>v1,&lt;base64&gt;</c>.</param>
public readonly record struct WebhookHeaders(string? Id, string? Timestamp, string? Signature)
{
    /// <summary>Name of the id's header.</summary>
    public const string IdName = "webhook-id";

    /// <summary>Name of the time's header.</summary>
    public const string TimestampName = "webhook-timestamp";

    /// <summary>Name of the signatures' header.</summary>
    public const string SignatureName = "webhook-signature";
}
