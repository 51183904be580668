using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Client.Gate.Snapshots;

namespace OptOut.Client.Gate.Feed;

/// <summary>Keeps the copy: loads the snapshot, follows the feed for as long as the process lives, and writes snapshots.</summary>
internal sealed class FeedWorker(
    FeedConnection connection, SuppressionGate gate, SnapshotKeeper snapshots, IOptions<SuppressionGateOptions> options,
    TimeProvider clock, ILogger<FeedWorker> log) : BackgroundService
{
    private SuppressionCopy? _held;
    private SuppressionCopy? _confirmed;
    private CancellationTokenSource? _current;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The start of the host does not wait for a file of hundreds of megabytes.
        await Task.Yield();
        _held = snapshots.Load();
        if (_held is not null) gate.Load(_held);
        var backoff = new FeedBackoff();
        while (!stoppingToken.IsCancellationRequested)
        {
            var ending = await FollowAsync(stoppingToken);
            if (stoppingToken.IsCancellationRequested) break;
            if (!ending.KeepsCopy) _held = null;
            var pause = backoff.Next(ending, Random.Shared.NextDouble());
            log.FeedEnded(ending.Cause, (long)pause.TotalMilliseconds);
            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // The feed stands still now, so that the copy is what its cursor says. One that was never confirmed is as old as the
        // snapshot it came from, and must not look younger.
        if (_held is { IsWhole: true } copy && copy == _confirmed) await snapshots.WriteAsync(copy, cancellationToken);
    }

    /// <summary>A new connection at once: what the present one delivers may be from before a jump of the clock.</summary>
    public void Reconnect()
    {
        try
        {
            Volatile.Read(ref _current)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    private async Task<FeedEnding> FollowAsync(CancellationToken stoppingToken)
    {
        using var current = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Volatile.Write(ref _current, current);
        try
        {
            return await connection.FollowAsync(_held, options.Value.StalenessBound, Keep, current.Token);
        }
        catch (OperationCanceledException) when (current.IsCancellationRequested)
        {
            return new FeedEnding("reconnect");
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Whatever it is, the gate must go on trying: a worker that ended would never be current again.
            log.FeedFailed(fault.GetType().Name);
            gate.Fail("internal_error");
            return new FeedEnding("internal_error", KeepsCopy: false);
        }
        finally
        {
            Volatile.Write(ref _current, null);
        }
    }

    private void Keep(FeedSession session, FeedStep step)
    {
        _held = session.Copy ?? _held;
        if (step != FeedStep.Current) return;
        _confirmed = session.Copy;
        snapshots.WriteIfDue(session.Copy!);
    }
}
