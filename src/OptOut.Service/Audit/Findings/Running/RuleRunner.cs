using Npgsql;

namespace OptOut.Service.Audit.Findings.Running;

/// <summary>
/// Runs every rule by its own clock. Replicas take turns by a lock and a due time in the database, so a rule looks once
/// an interval however many there are, and goes on when one ends.
/// </summary>
internal sealed partial class RuleRunner(
    IEnumerable<IFindingRule> rules,
    RuleTurn turn,
    WatchHealth health,
    TimeProvider clock,
    ILogger<RuleRunner> logger) : BackgroundService
{
    /// <summary>The database was away or a rule failed: the next look comes no sooner.</summary>
    private static readonly TimeSpan FailureInterval = TimeSpan.FromSeconds(2);

    /// <summary>The whole of one look, the writing included.</summary>
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _lanes = new(WatchDatabase.MaxConnections);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var all = rules.ToArray();
        if (all.Select(rule => rule.Name).Distinct(StringComparer.Ordinal).Count() != all.Length)
            throw new InvalidOperationException("Two rules have one name.");
        await Task.WhenAll(all.Select(rule => RepeatAsync(rule, stoppingToken)));
    }

    public override void Dispose()
    {
        _lanes.Dispose();
        base.Dispose();
    }

    private async Task RepeatAsync(IFindingRule rule, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Asked a little more often than it looks, since an incident may have made it due meanwhile.
            var wait = await LookAsync(rule, stoppingToken);
            var tight = RuleTurn.Shorter(rule.Interval);
            if (wait > tight) wait = tight;
            await Task.Delay(wait, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<TimeSpan> LookAsync(IFindingRule rule, CancellationToken stoppingToken)
    {
        try
        {
            await _lanes.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return TimeSpan.Zero;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(TurnTimeout);
        try
        {
            var next = rule.CanLook ? await turn.TakeAsync(rule, limit.Token) : rule.Interval;
            health.Ran();
            return next;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            var code = (exception as PostgresException)?.SqlState ?? exception.GetType().Name;
            LogFailed(rule.Name, code);
            await TryRecordAsync(rule, code, stoppingToken);
            return rule.Interval > FailureInterval ? rule.Interval : FailureInterval;
        }
        catch (OperationCanceledException)
        {
            return TimeSpan.Zero;
        }
        finally
        {
            _lanes.Release();
        }
    }

    // A rule that throws is itself a finding. Where even that cannot be written, its heartbeat is missing.
    private async Task TryRecordAsync(IFindingRule rule, string code, CancellationToken stoppingToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(TurnTimeout);
        try
        {
            await turn.FailAsync(rule, code, limit.Token);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotRecorded(rule.Name, exception.GetType().Name);
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }
    }

    [LoggerMessage(611, LogLevel.Warning, "Rule {Rule} could not look: {Code}")]
    private partial void LogFailed(string rule, string code);

    [LoggerMessage(612, LogLevel.Error, "That rule {Rule} failed could not be stored: {ErrorType}")]
    private partial void LogNotRecorded(string rule, string errorType);
}
