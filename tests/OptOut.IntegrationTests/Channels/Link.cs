using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.IntegrationTests.Channels;

/// <summary>The broker's side of the service, running against one virtual host.</summary>
internal sealed class Link : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly RabbitMqSupervisor _supervisor;
    private AcknowledgementIntake? _intake;

    private Link(Uri uri, string[] systems)
    {
        Options = new RabbitMqOptions
        {
            Uri = uri, ConnectionName = uri.AbsolutePath, CompareInterval = TimeSpan.FromMilliseconds(500),
        };
        State = new RabbitMqLink();
        Topology = new RabbitMqTopology(State, Memory);
        Channel = new RabbitMqChannel(
            Options, State, Topology, TimeProvider.System, NullLogger<RabbitMqChannel>.Instance);
        _supervisor = new RabbitMqSupervisor(
            Options, State, Topology, new Names(systems), TimeProvider.System,
            NullLogger<RabbitMqSupervisor>.Instance);
    }

    public RabbitMqOptions Options { get; }

    public Remembered Memory { get; } = new();

    public RabbitMqLink State { get; }

    public RabbitMqTopology Topology { get; }

    public RabbitMqChannel Channel { get; }

    public static async Task<Link> StartAsync(Uri uri, params string[] systems)
    {
        var link = new Link(uri, systems);
        await link._supervisor.StartAsync(CancellationToken.None);
        return link;
    }

    public static async Task<Link> ReadyAsync(Uri uri, params string[] systems)
    {
        var link = await StartAsync(uri, systems);
        await UntilAsync(() => link.State.Publishing is not null);
        return link;
    }

    public Task StartIntakeAsync(IAcknowledgementSink sink)
    {
        _intake = new AcknowledgementIntake(
            Options, State, Topology, sink, TimeProvider.System, NullLoggerFactory.Instance);
        return _intake.StartAsync(CancellationToken.None);
    }

    public async Task StopIntakeAsync()
    {
        await _intake!.StopAsync(CancellationToken.None);
        _intake.Dispose();
        _intake = null;
    }

    public static OutgoingDelivery Event(string system, int version = 1) => new(
        Guid.CreateVersion7(),
        Guid.CreateVersion7(),
        version,
        new DeliveryTarget(1, system, ChannelTypes.RabbitMq, Url: null, [Secret]),
        System.Text.Encoding.UTF8.GetBytes($"{{\"specversion\":\"1.0\",\"version\":{version}}}"),
        "org.optout.recorded.v1",
        TimeProvider.System.GetUtcNow(),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

    public static WebhookSecret Secret { get; } = WebhookSecret.FromKey("0123456789abcdef0123456789abcdef"u8);

    public static OutgoingDelivery[] Events(string system, int count) =>
        [.. Enumerable.Range(1, count).Select(version => Event(system, version))];

    /// <summary>Polls with a deadline.</summary>
    public static Task UntilAsync(Func<bool> holds, TimeSpan? patience = null) =>
        UntilAsync(() => Task.FromResult(holds()), patience);

    public static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan? patience = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < (patience ?? Patience), "It never came true.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_intake is not null)
        {
            await StopIntakeAsync();
        }

        await Channel.DisposeAsync();
        await _supervisor.StopAsync(CancellationToken.None);
        _supervisor.Dispose();
    }

    /// <summary>What was told of missing queues; it can be written down, or not.</summary>
    internal sealed class Remembered : IQueueMemory
    {
        public ConcurrentQueue<string> Missing { get; } = new();

        public bool Writes { get; set; } = true;

        public ValueTask<bool> MissingAsync(string queue, CancellationToken cancellationToken)
        {
            Missing.Enqueue(queue);
            return new(Writes);
        }

        public ValueTask<bool> IsYoungAsync(string queue, CancellationToken cancellationToken) => new(false);
    }

    private sealed class Names(string[] systems) : ISystemNames
    {
        public ValueTask<IReadOnlyList<string>> RabbitMqSystemsAsync(CancellationToken cancellationToken) =>
            new(systems);
    }
}
