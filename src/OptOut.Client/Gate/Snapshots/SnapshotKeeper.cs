using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OptOut.Client.Gate.Snapshots;

/// <summary>When snapshots are read and written. Nothing of the gate depends on their success.</summary>
internal sealed class SnapshotKeeper
{
    private readonly SnapshotFile? _file;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _clock;
    private readonly ILogger<SnapshotKeeper> _log;
    private Task _writing = Task.CompletedTask;
    private long? _writtenAt;

    public SnapshotKeeper(
        IOptions<SuppressionGateOptions> gate, IOptions<OptOutClientOptions> client, TimeProvider clock,
        ILogger<SnapshotKeeper> log)
    {
        var options = gate.Value;
        if (options is { SnapshotPath: { } path, SnapshotKey: { } key })
            _file = new SnapshotFile(path, SnapshotKey.Of(key, client.Value.BaseAddress), options.MaxSnapshotAge, clock);
        (_interval, _clock, _log) = (options.SnapshotInterval, clock, log);
    }

    /// <summary>The copy of the last run; null where there is none that can be used.</summary>
    public SuppressionCopy? Load()
    {
        if (_file is null) return null;
        var (copy, refusal) = _file.Read();
        if (copy is not null) _log.SnapshotLoaded(copy.Table.Count);
        else if (refusal == SnapshotRefusal.Missing) _log.SnapshotMissing();
        else _log.SnapshotRefused(refusal!.Value);
        return copy;
    }

    /// <summary>Begins to write where it is time. Called by the feed between two events, and never held up by the disk.</summary>
    public void WriteIfDue(SuppressionCopy copy)
    {
        if (_file is null || !_writing.IsCompleted) return;
        if (_writtenAt is { } last && _clock.GetElapsedTime(last) < _interval) return;
        _writtenAt = _clock.GetTimestamp();
        var head = SnapshotHead.Of(copy, _clock.GetUtcNow());
        _writing = Task.Run(() => Write(head, copy));
    }

    /// <summary>Writes now, after what is being written.</summary>
    public async Task WriteAsync(SuppressionCopy copy, CancellationToken cancellationToken)
    {
        if (_file is null) return;
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted) return;
        var head = SnapshotHead.Of(copy, _clock.GetUtcNow());
        await Task.Run(() => Write(head, copy), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Write(SnapshotHead head, SuppressionCopy copy)
    {
        try
        {
            _file!.Write(head, copy.Table);
            _log.SnapshotWritten(copy.Table.Count);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _log.SnapshotNotWritten(fault.GetType().Name);
        }
    }
}
