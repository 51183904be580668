using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.Tests.Propagation;

public sealed class AcknowledgementBatcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lone_acknowledgement_waits_for_no_other()
    {
        var sink = new Sink();
        await using var batcher = Start(sink);
        var quickest = TimeSpan.MaxValue;
        for (var number = 0; number < 50; number++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await batcher.TakeAsync(Message("lone"), Cancellation);
            var taken = TimeProvider.System.GetElapsedTime(started);
            quickest = taken < quickest ? taken : quickest;
        }

        // One that gathers is never quicker than this; one that does not is, however busy the machine.
        Assert.True(quickest < AcknowledgementBatcher.GatherTime, $"The quickest took {quickest.TotalMilliseconds:F1} ms.");
    }

    [Fact]
    public async Task Messages_that_the_sink_refuses_one_by_one_keep_no_other_from_it()
    {
        var sink = new Sink { Refuses = id => id.StartsWith("bad", StringComparison.Ordinal) };
        await using var batcher = Start(sink);
        // As many as there are workers, each in a batch of its own.
        for (var number = 0; number < AcknowledgementBatcher.Concurrency; number++)
        {
            var bad = $"bad {number}";
            _ = batcher.TakeAsync(Message(bad), Cancellation);
            await UntilAsync(() => sink.Tried.Contains(bad));
        }

        await batcher.TakeAsync(Message("good"), Cancellation).WaitAsync(Patience, Cancellation);

        Assert.Equal(["good"], sink.Taken);
    }

    [Fact]
    public async Task Many_are_taken_once_each_in_batches_within_the_limit()
    {
        var sink = new Sink();
        await using var batcher = Start(sink);

        await Task.WhenAll(Enumerable.Range(0, 5_000)
            .Select(number => batcher.TakeAsync(Message($"{number}"), Cancellation)));

        Assert.Equal(5_000, sink.Taken.Distinct().Count());
        Assert.Equal(5_000, sink.Taken.Count);
        Assert.All(sink.Sizes, size => Assert.InRange(size, 1, AcknowledgementBatcher.BatchLimit));
    }

    private static AcknowledgementBatcher Start(Sink sink)
    {
        var batcher = new AcknowledgementBatcher(sink, TimeProvider.System, NullLogger.Instance);
        batcher.Start();
        return batcher;
    }

    private static IncomingAcknowledgement Message(string id) => new("{}"u8.ToArray(), "crm", id, null, null, null);

    private static async Task UntilAsync(Func<bool> holds)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, "It never came true.");
            await Task.Delay(5, Cancellation);
        }
    }

    private sealed class Sink : IAcknowledgementSink
    {
        public Func<string, bool> Refuses { get; init; } = _ => false;
        public ConcurrentQueue<string> Tried { get; } = new();
        public ConcurrentQueue<string> Taken { get; } = new();
        public ConcurrentQueue<int> Sizes { get; } = new();

        public ValueTask TakeAsync(IReadOnlyList<IncomingAcknowledgement> batch, CancellationToken cancellationToken)
        {
            string[] ids = [.. batch.Select(message => message.WebhookId!)];
            Array.ForEach(ids, Tried.Enqueue);
            Sizes.Enqueue(ids.Length);
            if (ids.Any(Refuses))
                return ValueTask.FromException(new InvalidOperationException());
            Array.ForEach(ids, Taken.Enqueue);
            return ValueTask.CompletedTask;
        }
    }
}
