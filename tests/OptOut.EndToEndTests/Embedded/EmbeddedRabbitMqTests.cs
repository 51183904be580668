using OptOut.Service.Platform.Embedded;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OptOut.EndToEndTests.Embedded;

public sealed class EmbeddedRabbitMqTests : ServerHome
{
    /// <summary>127.0.0.1, ::1 and ::ffff:127.0.0.1, as the kernel writes them.</summary>
    private static readonly string[] Loopback =
        ["0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_confirmed_message_outlives_a_kill_and_nothing_outlives_the_node()
    {
        var broker = Start();
        var address = broker.Uri;
        await broker.Ready;
        await PublishAsync(address);

        await broker.KillAsync();
        Assert.Null(broker.ProcessId);
        broker.StartAgain();
        await broker.Ready;
        Assert.Equal(address, broker.Uri);
        Assert.All(ServerProcesses.WorkingBelow(Home).SelectMany(ServerProcesses.ListenAddresses), AssertLoopback);
        Assert.Equal("stop"u8.ToArray(), await TakeAsync(address));
        await AssertNoOtherLoginAsync(address);

        await broker.DisposeAsync();
        Assert.Empty(ServerProcesses.WorkingBelow(Home));
    }

    [Fact]
    public async Task The_address_is_known_before_the_node_is_up_and_a_stop_need_not_wait_for_it()
    {
        var broker = Start();
        Assert.Equal("127.0.0.1", broker.Uri.Host);
        Assert.False(broker.Ready.IsCompleted);

        await broker.DisposeAsync();

        Assert.True(await ServerProcesses.GoneAsync(Home, Patience, Cancellation));
    }

    private EmbeddedRabbitMq Start() => EmbeddedRabbitMq.Start(
        new EmbeddedRabbitMqOptions(Home),
        EmbeddedRabbitMq.FindBinaries() ?? throw new InvalidOperationException("These tests need rabbitmq-server."));

    private static void AssertLoopback(string address) => Assert.Contains(address, Loopback);

    private static async Task PublishAsync(Uri address)
    {
        await using var connection = await new ConnectionFactory { Uri = address }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
        await channel.QueueDeclareAsync(
            "probe", durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: Cancellation);
        // RabbitMQ 3.10 forgets the members of a quorum queue that is killed in the first moments of its life.
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        await channel.BasicPublishAsync("", "probe", mandatory: true, "stop"u8.ToArray(), Cancellation);
    }

    /// <summary>
    /// A queue that has just come back may have no leader yet, and a channel that asked it then is never answered:
    /// each question has a channel and a bound of its own.
    /// </summary>
    private static async Task<byte[]> TakeAsync(Uri address)
    {
        await using var connection = await new ConnectionFactory { Uri = address }.CreateConnectionAsync(Cancellation);
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await AskAsync(connection) is { } body)
                return body;
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, "The message did not come back.");
            await Task.Delay(50, Cancellation);
        }
    }

    private static async Task<byte[]?> AskAsync(IConnection connection)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bound.CancelAfter(TimeSpan.FromSeconds(2));
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        try
        {
            return (await channel.BasicGetAsync("probe", autoAck: false, bound.Token))?.Body.ToArray();
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static Task<BrokerUnreachableException> AssertNoOtherLoginAsync(Uri address) =>
        Assert.ThrowsAsync<BrokerUnreachableException>(
        () => new ConnectionFactory { Uri = address, UserName = "guest", Password = "guest" }
            .CreateConnectionAsync(Cancellation));
}
