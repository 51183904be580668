using OptOut.Contracts;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Channels;

/// <summary>One delivery, ready to go: <see cref="Body"/> is the whole CloudEvent in structured JSON mode.</summary>
internal sealed record OutgoingDelivery(
    Guid DeliveryId,
    Guid OptOutId,
    int Version,
    DeliveryTarget Target,
    ReadOnlyMemory<byte> Body,
    string EventType,
    DateTimeOffset Time,
    string? TraceParent);

/// <summary>
/// Where a delivery goes. <see cref="SigningKeys"/>: newest first, two in a rotation. <see cref="System"/>: the registration
/// that it was made from, for channels that need more of it than the address.
/// </summary>
internal sealed record DeliveryTarget(
    int SystemId,
    string Name,
    string ChannelType,
    Uri? Url,
    IReadOnlyList<WebhookSecret> SigningKeys,
    DownstreamSystem? System = null);
