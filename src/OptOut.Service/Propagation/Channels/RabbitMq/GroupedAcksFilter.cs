using MassTransit;
using MassTransit.RabbitMqTransport;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>Hands the endpoint's consumer a channel that gathers its acknowledgements.</summary>
internal sealed class GroupedAcksFilter(TimeProvider clock) : IFilter<ChannelContext>
{
    public Task Send(ChannelContext context, IPipe<ChannelContext> next) => next.Send(new GroupedAcks(context, clock));

    public void Probe(ProbeContext context) => context.CreateFilterScope("grouped-acks");
}
