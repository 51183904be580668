using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.Service.Systems;

/// <summary>Whose queues must stand on the broker.</summary>
internal sealed class SystemNames(SystemDirectory directory) : ISystemNames
{
    public async ValueTask<IReadOnlyList<string>> RabbitMqSystemsAsync(CancellationToken cancellationToken)
    {
        var systems = await directory.FreshAsync(cancellationToken);
        return [.. systems.All.Where(s => !s.IsRetired && s.Channel.Type == ChannelTypes.RabbitMq).Select(s => s.Name)];
    }
}
