namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Which messages of one batch the broker has answered for. Confirms come in any order and several at once; a return
/// comes before the confirm of the same message.
/// </summary>
internal sealed class ConfirmedBatch(int size, ulong firstSequence)
{
    private readonly AttemptOutcome?[] _outcomes = new AttemptOutcome?[size];
    private readonly bool[] _returned = new bool[size];
    private readonly string[] _messageIds = new string[size];
    private readonly DateTimeOffset[] _startedAt = new DateTimeOffset[size];
    private readonly DateTimeOffset[] _endedAt = new DateTimeOffset[size];
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private int _published;
    private int _confirmed;
    private int _lowest;
    private bool _complete;

    /// <summary>The most messages without a confirm.</summary>
    public const int Window = 256;

    // A publisher that met the full window goes on when half of it is free: waking it for each confirm costs more.
    private const int Resume = Window / 2;

    /// <summary>Ends when every published message has its answer, or the channel is gone.</summary>
    public Task Answered => _answered.Task;

    public int Unconfirmed
    {
        get
        {
            lock (_gate)
            {
                return _published - _confirmed;
            }
        }
    }

    /// <summary>Ends when the window has room, or the channel is gone.</summary>
    public Task RoomAsync()
    {
        lock (_gate)
        {
            if (_published - _confirmed < Window || _answered.Task.IsCompleted)
            {
                return Task.CompletedTask;
            }

            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    public void Publishing(int index, string messageId, DateTimeOffset now)
    {
        lock (_gate)
        {
            _messageIds[index] = messageId;
            _startedAt[index] = now;
            _published = index + 1;
        }
    }

    /// <summary>No more will be published.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _complete = true;
            EndIfAnswered();
        }
    }

    public void Returned(string? messageId)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_messageIds, messageId, 0, _published);
            if (index >= 0)
            {
                _returned[index] = true;
            }
        }
    }

    public void Confirmed(ulong sequence, bool multiple, bool accepted, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (sequence < firstSequence)
            {
                return;
            }

            var last = (int)Math.Min(sequence - firstSequence, (ulong)Math.Max(_published - 1, 0));
            for (var index = multiple ? _lowest : last; index <= last; index++)
            {
                Settle(index, accepted, now);
            }

            while (_lowest < _published && _outcomes[_lowest] is not null)
            {
                _lowest++;
            }

            if (_published - _confirmed <= Resume)
            {
                _room?.TrySetResult();
            }

            EndIfAnswered();
        }
    }

    public void ChannelLost()
    {
        lock (_gate)
        {
            _answered.TrySetResult();
            _room?.TrySetResult();
        }
    }

    public AttemptResult[] Results(AttemptOutcome unconfirmed, AttemptOutcome unpublished, DateTimeOffset now)
    {
        lock (_gate)
        {
            var results = new AttemptResult[size];
            for (var index = 0; index < size; index++)
            {
                results[index] = (_outcomes[index], index < _published) switch
                {
                    ({ } outcome, _) => new AttemptResult(outcome, _startedAt[index], _endedAt[index]),
                    (null, true) => new AttemptResult(unconfirmed, _startedAt[index], now),
                    (null, false) => new AttemptResult(unpublished, now, now),
                };
            }

            return results;
        }
    }

    private void Settle(int index, bool accepted, DateTimeOffset now)
    {
        if (_outcomes[index] is not null)
        {
            return;
        }

        _confirmed++;
        _endedAt[index] = now;
        _outcomes[index] = !accepted ? AttemptOutcome.RefusedByBroker
            : _returned[index] ? AttemptOutcome.Unroutable : AttemptOutcome.Sent;
    }

    private void EndIfAnswered()
    {
        if (_complete && _confirmed == _published)
        {
            _answered.TrySetResult();
        }
    }
}
