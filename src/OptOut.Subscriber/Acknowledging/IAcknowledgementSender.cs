using OptOut.Contracts;

namespace OptOut.Subscriber.Acknowledging;

/// <summary>Brings an acknowledgement to the service.</summary>
internal interface IAcknowledgementSender
{
    /// <summary>Returns when the service, or the broker, has it for good; throws when it has not.</summary>
    Task SendAsync(Acknowledgement acknowledgement, string? traceParent, CancellationToken cancellationToken);
}
