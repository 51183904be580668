using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Client.Api;

namespace OptOut.Client.Gate.Reports;

/// <summary>
/// Sends found stops to the service in batches. While the service is away they wait, up to the queue's bound; what it
/// refuses is counted and not sent again.
/// </summary>
internal sealed class StopReporter(
    StopReports reports, DecisionsApi decisions, IOptions<SuppressionGateOptions> options, TimeProvider clock,
    ILogger<StopReporter> log) : BackgroundService
{
    /// <summary>As many as one request takes.</summary>
    public const int BatchSize = 1_000;

    /// <summary>At the end of the process, what waits is sent once more, for no longer than this.</summary>
    public static readonly TimeSpan LastChance = TimeSpan.FromSeconds(3);

    // Taken from the queue and not answered yet; each has its id by then, so that a repeat is stored once.
    private readonly List<DecisionReport> _batch = new(BatchSize);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ReportInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                while (await SendAsync(stoppingToken))
                {
                }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var last = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        last.CancelAfter(LastChance);
        try
        {
            while (await SendAsync(last.Token))
            {
            }
        }
        catch (OperationCanceledException)
        {
            // What still waits is lost, and counted.
        }

        if (_batch.Count + reports.Waiting is var left and > 0)
        {
            reports.Lost(left);
            log.StopsNotReported(left, "stopping");
        }
    }

    /// <summary>True where a full batch went and more may wait.</summary>
    private async Task<bool> SendAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0)
            while (_batch.Count < BatchSize && reports.TryTake(out var stop)) _batch.Add(ReportOf(stop));

        if (_batch.Count == 0) return false;
        var isFull = _batch.Count == BatchSize;
        try
        {
            var answers = await decisions.ReportAsync(_batch, cancellationToken);
            var refused = answers.Count(answer => answer.Problem is not null);
            Done(refused, "refused");
            return isFull;
        }
        catch (OptOutProblemException refusal) when (refusal is not OptOutUnavailableException)
        {
            Done(_batch.Count, refusal.Code);
            return isFull;
        }
        catch (OptOutException)
        {
            // They stay and are sent again.
            return false;
        }
    }

    private void Done(int lost, string failure)
    {
        if (lost > 0)
        {
            reports.Lost(lost);
            log.StopsNotReported(lost, failure);
        }

        _batch.Clear();
    }

    private DecisionReport ReportOf(FoundStop stop) => new()
    {
        MessageId = "gate_" + Guid.CreateVersion7(clock.GetUtcNow()).ToString("N"),
        Identifier = new Identifier(stop.Type, stop.Value), Purpose = stop.Purpose, Channel = stop.Channel,
        Outcome = DecisionOutcome.Blocked, At = stop.At, Mode = DecisionMode.Gate,
    };
}
