using OptOut.Benchmarks.Servers;
using OptOut.Benchmarks.Service;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Benchmarks.Load;

/// <summary>All subscribed systems, and how many of their acknowledgements the service has not taken yet.</summary>
internal sealed class Subscribers : IAsyncDisposable
{
    private readonly IConnection connection;
    private readonly IChannel channel;
    private readonly List<Subscriber> each = [];

    private Subscribers(IConnection connection, IChannel channel)
    {
        this.connection = connection;
        this.channel = channel;
    }

    public static async Task<Subscribers> StartAsync(
        BenchServers servers, IReadOnlyList<BenchSystem> systems, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = servers.BrokerUri, ClientProvidedName = "bench watch" }
            .CreateConnectionAsync(cancellationToken);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var subscribers = new Subscribers(connection, channel);
        foreach (var system in systems)
            subscribers.each.Add(await Subscriber.StartAsync(servers.BrokerUri, system, cancellationToken));
        return subscribers;
    }

    /// <summary>Acknowledgements published by all systems, less those that wait at the broker.</summary>
    public async Task<long> TakenAsync(CancellationToken cancellationToken) =>
        each.Sum(subscriber => subscriber.Acknowledged)
        - await channel.MessageCountAsync(BrokerNames.AcknowledgementsQueue, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var subscriber in each)
            await subscriber.DisposeAsync();
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }
}
