using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;
using OptOut.Service.Propagation;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>
/// The one write path. Requests meet in a bounded channel; one loop takes what is there and commits it together,
/// so that a batch is one under light load and hundreds under heavy load.
/// </summary>
internal sealed partial class RecordingWriter(
    RecordingTransaction transaction,
    HeldPeople held,
    DispatchSignal dispatch,
    SurgeSignal surge,
    RecordingLimits limits,
    ILogger<RecordingWriter> logger) : BackgroundService
{
    /// <summary>Commands in one commit; one unit of up to 1,000 may stand alone.</summary>
    private const int BatchLimit = 256;

    // A batch of this many is heavy load: the next one waits while more come, but no longer than this, since each
    // commit has its own price. Fewer are committed at once.
    private const int Many = 16;
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan GatherLook = TimeSpan.FromMilliseconds(1);

    private const int ConflictRetries = 20;

    /// <summary>How often a batch waits a second for a lock that is on no person, such as one on a table.</summary>
    private const int LockWaits = 10;

    private readonly Channel<RecordingWork> _queue = Channel.CreateBounded<RecordingWork>(
        new BoundedChannelOptions(limits.WaitingRequests) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ConcurrentDictionary<IdempotencyKey, byte> _inFlight = new();

    private int _waitingRecords;

    /// <summary>Records that wait for a commit now.</summary>
    public int WaitingRecords => Volatile.Read(ref _waitingRecords);

    /// <summary>
    /// Hands in work and waits for its commit, also where the caller goes away: what was accepted is not undone, and the
    /// answer is composed from the request, which must live until then.
    /// </summary>
    public async Task<SubmitResult> SubmitAsync(RecordingWork work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (work.Claim is { } claim && !_inFlight.TryAdd(KeyOf(claim), 0))
            return SubmitResult.InProgress;
        if (!TryEnqueue(work))
        {
            Release(work);
            return SubmitResult.Full;
        }

        return SubmitResult.Of(await work.Result);
    }

    private bool TryEnqueue(RecordingWork work)
    {
        if (Interlocked.Add(ref _waitingRecords, work.Commands.Count) <= limits.WaitingRecords && _queue.Writer.TryWrite(work))
            return true;
        Interlocked.Add(ref _waitingRecords, -work.Commands.Count);
        return false;
    }

    /// <summary>Before the caller hears of the result, so that a caller who repeats at once is not told to wait.</summary>
    private void Release(RecordingWork work)
    {
        if (work.Claim is { } claim)
            _inFlight.TryRemove(KeyOf(claim), out _);
    }

    private static IdempotencyKey KeyOf(IdempotencyClaim claim) => new(claim.Caller, claim.Operation, claim.Key);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Ends by itself when the channel is completed and empty: what was accepted is answered before the process ends.
        var batch = new List<RecordingWork>();
        var commands = 0;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (commands >= Many)
                await GatherAsync();
            var before = commands;
            commands = 0;
            while (commands < BatchLimit && _queue.Reader.TryPeek(out var next)
                && (commands == 0 || commands + next.Commands.Count <= BatchLimit) && _queue.Reader.TryRead(out var work))
            {
                batch.Add(work);
                commands += work.Commands.Count;
                Interlocked.Add(ref _waitingRecords, -work.Commands.Count);
            }

            await CommitAsync(batch);
            if (commands >= Many && before >= Many)
                surge.Heavy();
            batch.Clear();
        }
    }

    private async Task GatherAsync()
    {
        var started = Stopwatch.GetTimestamp();
        for (var before = 0; before < WaitingRecords && WaitingRecords < BatchLimit
            && Stopwatch.GetElapsedTime(started) < GatherTime;)
        {
            before = WaitingRecords;
            await Task.Delay(GatherLook);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    private async Task CommitAsync(List<RecordingWork> batch, int lockWaits = 0)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var (results, parts) = await WithConflictRetriesAsync(batch);
            dispatch.Wake(parts);
            for (var i = 0; i < batch.Count; i++)
            {
                Release(batch[i]);
                batch[i].Complete(results[i]);
            }
        }
        catch (PostgresException exception)
            when (exception.SqlState == PostgresErrorCodes.LockNotAvailable && lockWaits < LockWaits)
        {
            await CommitFreeAsync(batch, lockWaits + 1);
        }
        catch (Exception exception) when (batch.Count > 1 && !IsUnavailable(exception))
        {
            // One bad unit must not take the others of its batch with it.
            LogBatchSplit(exception.GetType().Name, batch.Count);
            foreach (var work in batch)
                await CommitAsync([work]);
        }
        catch (Exception exception)
        {
            LogBatchFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState, batch.Count,
                Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Fail(batch, exception);
        }
    }

    /// <summary>Refuses what names somebody whom another session holds, and commits the others.</summary>
    private async Task CommitFreeAsync(List<RecordingWork> batch, int lockWaits)
    {
        bool[] isHeld;
        try
        {
            isHeld = await held.AskAsync(batch, CancellationToken.None);
        }
        catch (Exception exception)
        {
            Fail(batch, exception);
            return;
        }

        var refused = batch.Where((_, i) => isHeld[i]).ToList();
        if (refused.Count > 0)
        {
            LogHeld(refused.Count);
            Fail(refused, new NpgsqlException("Another session holds a person's row.", new TimeoutException()));
        }

        var free = batch.Where((_, i) => !isHeld[i]).ToList();
        if (free.Count > 0)
            await CommitAsync(free, lockWaits);
    }

    private void Fail(List<RecordingWork> batch, Exception exception)
    {
        foreach (var work in batch)
        {
            Release(work);
            work.Fail(exception);
        }
    }

    private async Task<CommittedBatch> WithConflictRetriesAsync(List<RecordingWork> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await transaction.RunAsync(batch, CancellationToken.None);
            }
            catch (Exception exception) when (attempt >= ConflictRetries && IsConflict(exception))
            {
                // Nothing was written; the caller is told to come again.
                throw new NpgsqlException("The contention did not end.", new TimeoutException(null, exception));
            }
            catch (Exception exception) when (IsConflict(exception))
            {
                LogConflict(attempt, (exception as PostgresException)?.SqlState);
                await Task.Delay(TimeSpan.FromMilliseconds(System.Random.Shared.Next(1, 5 * attempt)));
            }
        }
    }

    private static bool IsConflict(Exception exception) =>
        exception is BatchConflictException or PostgresException
        {
            SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.SerializationFailure,
        };

    private static bool IsUnavailable(Exception exception) =>
        exception is NpgsqlException { IsTransient: true } or TimeoutException or BatchConflictException
            or PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable }
        || (exception is NpgsqlException && exception is not PostgresException);

    [LoggerMessage(201, LogLevel.Information, "Batch read again after a conflict, attempt {Attempt}, {SqlState}")]
    private partial void LogConflict(int attempt, string? sqlState);

    [LoggerMessage(202, LogLevel.Warning, "Batch of {Count} failed with {ErrorType}; its units are tried one by one")]
    private partial void LogBatchSplit(string errorType, int count);

    [LoggerMessage(204, LogLevel.Warning, "{Count} requests are refused for now: another session holds their person's row")]
    private partial void LogHeld(int count);

    [LoggerMessage(203, LogLevel.Error, "Batch of {Count} failed with {ErrorType} {SqlState} after {ElapsedMs} ms")]
    private partial void LogBatchFailed(string errorType, string? sqlState, int count, double elapsedMs);
}

/// <summary>How the writer took a unit of work.</summary>
internal readonly record struct SubmitResult(SubmitStatus Status, WorkResult? Result)
{
    public static readonly SubmitResult Full = new(SubmitStatus.Full, null);
    public static readonly SubmitResult InProgress = new(SubmitStatus.InProgress, null);
    public static SubmitResult Of(WorkResult result) => new(SubmitStatus.Finished, result);
}

internal enum SubmitStatus
{
    Finished,
    Full,
    InProgress,
}
