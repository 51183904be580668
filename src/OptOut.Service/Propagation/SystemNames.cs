using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation;

/// <summary>The registry, as the broker's topology asks for it.</summary>
internal sealed class SystemNames(SystemDirectory systems) : ISystemNames
{
    public async ValueTask<IReadOnlyList<string>> RabbitMqSystemsAsync(CancellationToken cancellationToken) =>
        [.. (await systems.FreshAsync(cancellationToken)).All
            .Where(s => s.Channel.Type == ChannelTypes.RabbitMq && !s.IsRetired)
            .Select(s => s.Name)];
}
