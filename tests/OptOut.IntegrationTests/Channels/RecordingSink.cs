using System.Collections.Concurrent;
using OptOut.Service.Propagation.Channels;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Channels;

/// <summary>A sink that keeps what it is given, and fails for as long as it is told to.</summary>
internal sealed class RecordingSink : IAcknowledgementSink
{
    private int _calls;

    public ConcurrentQueue<IncomingAcknowledgement> Taken { get; } = new();

    /// <summary>Says why this batch fails, or null.</summary>
    public Func<IReadOnlyList<IncomingAcknowledgement>, Exception?> Fails { get; set; } = _ => null;

    public int Calls => _calls;

    public ValueTask TakeAsync(IReadOnlyList<IncomingAcknowledgement> batch, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        if (Fails(batch) is { } failure)
        {
            return ValueTask.FromException(failure);
        }

        foreach (var message in batch)
        {
            Taken.Enqueue(message);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Waits until a first message comes through, and forgets it.</summary>
    public static async Task WaitForIntakeAsync(Uri uri, RecordingSink sink)
    {
        await PublishAsync(uri, ["{}"u8.ToArray()]);
        await Link.UntilAsync(() => !sink.Taken.IsEmpty);
        sink.Taken.Clear();
    }

    public static async Task PublishAsync(Uri uri, IEnumerable<byte[]> bodies, Action<BasicProperties>? with = null)
    {
        var properties = new BasicProperties { Persistent = true };
        with?.Invoke(properties);
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var body in bodies)
        {
            await channel.BasicPublishAsync("optout.acks", "crm", mandatory: true, properties, body);
        }
    }
}
