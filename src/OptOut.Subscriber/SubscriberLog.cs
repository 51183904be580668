using Microsoft.Extensions.Logging;

namespace OptOut.Subscriber;

/// <summary>Everything the subscriber says. No body, no identifier, no exception's message, no address of a server.</summary>
internal static partial class SubscriberLog
{
    [LoggerMessage(1, LogLevel.Warning, "Delivery {DeliveryId} of {OptOutId} version {Version}: attempt {Attempt} failed with {Failure}")]
    internal static partial void AttemptFailed(
        this ILogger log, string deliveryId, string optOutId, int version, int attempt, string failure);

    [LoggerMessage(2, LogLevel.Error, "A message was not a genuine event and was put aside: {Cause}, {Length} bytes")]
    internal static partial void Unreadable(this ILogger log, string cause, int length);

    [LoggerMessage(3, LogLevel.Error, "Delivery {DeliveryId} failed for good here and was put aside")]
    internal static partial void PutAside(this ILogger log, string deliveryId);

    [LoggerMessage(4, LogLevel.Warning, "The acknowledgement of {DeliveryId} did not go out, attempt {Attempt}: {Failure}")]
    internal static partial void NotAcknowledged(this ILogger log, string deliveryId, int attempt, string failure);

    [LoggerMessage(5, LogLevel.Warning, "The service did not take the acknowledgement of {DeliveryId}: status {Status}")]
    internal static partial void AcknowledgementRefused(this ILogger log, string deliveryId, int status);

    [LoggerMessage(6, LogLevel.Information, "Listening on {Queue}")]
    internal static partial void Listening(this ILogger log, string queue);

    [LoggerMessage(7, LogLevel.Information, "Waiting for {Queue}: {Cause}")]
    internal static partial void Waiting(this ILogger log, string queue, string cause);
}
