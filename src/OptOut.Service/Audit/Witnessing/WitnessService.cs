using Npgsql;
using OptOut.Service.Audit.Sequencing;

namespace OptOut.Service.Audit.Witnessing;

/// <summary>
/// Asks for cosignatures beside the sequencer, so that a slow witness holds up nothing. Only the sequencing replica asks:
/// what a witness says against us is handed to it and stops it.
/// </summary>
internal sealed partial class WitnessService(
    WitnessDesk desk, LedgerStatus status, TimeProvider clock, ILogger<WitnessService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (desk.Witnesses.Count == 0)
            return;
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!status.IsHolder || status.Incident is not null)
                continue;
            try
            {
                if (await desk.CosignAsync(stoppingToken))
                    status.Cosigned();
            }
            catch (LedgerIncidentException incident)
            {
                status.Witnessed = incident.Code;
            }
            catch (NpgsqlException exception)
            {
                LogCannotAsk(exception.SqlState);
            }
        }
    }

    [LoggerMessage(607, LogLevel.Warning, "Witnesses cannot be asked now: the database does not answer ({SqlState})")]
    private partial void LogCannotAsk(string? sqlState);
}
