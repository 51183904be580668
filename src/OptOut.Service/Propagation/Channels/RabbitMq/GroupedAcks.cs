using MassTransit.RabbitMqTransport;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// The endpoint's channel, with acknowledgements to the broker gathered for some milliseconds and written as few frames:
/// each frame is an entry in the log of a quorum queue. The task of each ends when its frame is written, so a graceful
/// stop waits for all of them.
/// </summary>
internal sealed class GroupedAcks(ChannelContext channel, TimeProvider clock)
    : ScopeChannelContext(channel, channel.CancellationToken), ChannelContext
{
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(5);

    // How long a message waits for one before it that is not stored yet. Then it has a frame of its own, so that one
    // message that the sink stumbles over does not fill the prefetch.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ChannelContext _channel = channel;
    private readonly Lock _gate = new();
    private readonly AckWindow _window = new(Patience);
    private readonly Dictionary<ulong, TaskCompletionSource> _waiting = [];
    private readonly long _started = clock.GetTimestamp();
    private bool _running;

    ValueTask ChannelContext.BasicAck(ulong deliveryTag, bool multiple)
    {
        if (multiple)
        {
            return _channel.BasicAck(deliveryTag, multiple);
        }

        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool starts;
        lock (_gate)
        {
            _window.Add(deliveryTag, clock.GetElapsedTime(_started));
            _waiting[deliveryTag] = written;
            (starts, _running) = (!_running, true);
        }

        if (starts)
        {
            _ = Task.Run(WriteAllAsync);
        }

        return new ValueTask(written.Task);
    }

    async Task ChannelContext.BasicNack(ulong deliveryTag, bool multiple, bool requeue)
    {
        // Its frame goes first: one that covers it afterwards finds it settled.
        await _channel.BasicNack(deliveryTag, multiple, requeue).ConfigureAwait(false);
        lock (_gate)
        {
            _window.Settled(deliveryTag);
        }
    }

    // One at a time, as long as something waits.
    private async Task WriteAllAsync()
    {
        while (true)
        {
            await Task.Delay(GatherTime, clock, CancellationToken.None).ConfigureAwait(false);
            DueAcks due;
            lock (_gate)
            {
                due = _window.Take(clock.GetElapsedTime(_started));
                if (due.IsEmpty && _window.IsIdle)
                {
                    _running = false;
                    return;
                }
            }

            await WriteAsync(due).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(DueAcks due)
    {
        if (due.UpTo is { } upTo)
        {
            await WriteAsync(upTo, multiple: true).ConfigureAwait(false);
        }

        foreach (var tag in due.Singly)
        {
            await WriteAsync(tag, multiple: false).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(ulong tag, bool multiple)
    {
        Exception? failure = null;
        try
        {
            await _channel.BasicAck(tag, multiple).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The channel is gone, and its messages come again on the next one: whoever waits is told so.
            failure = exception;
        }

        foreach (var written in TakeWaiting(tag, multiple))
        {
            if (failure is null)
            {
                written.SetResult();
            }
            else
            {
                written.SetException(failure);
            }
        }
    }

    private List<TaskCompletionSource> TakeWaiting(ulong tag, bool multiple)
    {
        lock (_gate)
        {
            ulong[] tags = multiple ? [.. _waiting.Keys.Where(waiting => waiting <= tag)] : [tag];
            var taken = new List<TaskCompletionSource>(tags.Length);
            foreach (var one in tags)
            {
                if (_waiting.Remove(one, out var written))
                {
                    taken.Add(written);
                }
            }

            return taken;
        }
    }
}
