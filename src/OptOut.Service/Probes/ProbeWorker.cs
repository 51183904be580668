using System.Threading.Channels;
using Npgsql;
using OptOut.Service.Incidents;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Probes;

/// <summary>
/// Runs probes: those that somebody asked this process for, and one for each active system by the clock, on whichever
/// replica takes the turn. Whatever a dead process left running is ended as lost.
/// </summary>
internal sealed partial class ProbeWorker(
    ProbeStore store, ProbeRun run, ProbeSettings settings, Databases databases, TimeProvider clock, ILogger<ProbeWorker> logger)
    : BackgroundService
{
    /// <summary>Asked for and not begun.</summary>
    public const int MaxWaiting = 32;

    public const string ScheduleActor = "svc:probes";

    /// <summary>While an incident is open systems are probed this much more often.</summary>
    private const int IncidentFactor = 4;

    private const int Parallel = 4;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    // A system's turn counts from its last probe, whoever asked for it, and a new one's from its registration.
    private const string Due =
        """
        SELECT s.system_id FROM optout.system s
        LEFT JOIN LATERAL (
            SELECT p.started_at FROM optout.probe_system v JOIN optout.probe p ON p.probe_id = v.probe_id
            WHERE v.system_id = s.system_id ORDER BY v.probe_id DESC LIMIT 1) l ON true
        WHERE s.state = 'active' AND coalesce(l.started_at, s.created_at) < now() - $1 * interval '1 second'
        ORDER BY s.system_id LIMIT 200
        """;

    private readonly Channel<(Guid Id, IReadOnlyList<int> Systems)> _waiting =
        Channel.CreateBounded<(Guid, IReadOnlyList<int>)>(MaxWaiting);

    /// <summary>Whether there is room; then the probe is begun before the answer.</summary>
    public bool HasRoom => _waiting.Reader.Count < MaxWaiting;

    public void Enqueue(Guid id, IReadOnlyList<int> systems) => _waiting.Writer.TryWrite((id, systems));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        [ScheduleAsync(stoppingToken), .. Enumerable.Range(0, Parallel).Select(_ => WorkAsync(stoppingToken))]);

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (id, systems) in _waiting.Reader.ReadAllAsync(stoppingToken))
                await RunAsync(id, systems, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What runs is ended as lost by another process, or by this one when it is back.
        }
    }

    private async Task RunAsync(Guid id, IReadOnlyList<int> systems, CancellationToken stoppingToken)
    {
        try
        {
            var result = await run.RunAsync(id, systems, stoppingToken);
            await store.EndAsync(id, result, stoppingToken);
            if (!result.Passed) LogFailed(result.Reason!);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotStored(exception.GetType().Name);
        }
    }

    private async Task ScheduleAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(LookInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await EndLostAsync(stoppingToken);
                if (settings.IsScheduled) await BeginDueAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotStored(exception.GetType().Name);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task BeginDueAsync(CancellationToken cancellationToken)
    {
        // The turn outlives the reading: what another replica began is seen before this one looks.
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var turn = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(7275, 2)", connection, transaction);
        if (await turn.ExecuteScalarAsync(cancellationToken) is not true || !HasRoom) return;
        var tight = await OpenIncidents.AnyAsync(connection, cancellationToken);
        var systems = new List<int>();
        await using (var due = new NpgsqlCommand(Due, connection, transaction))
        {
            due.Parameters.Add(Sql.Value((tight ? settings.Interval / IncidentFactor : settings.Interval).TotalSeconds));
            await using var reader = await due.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) systems.Add(reader.GetInt32(0));
        }

        if (systems.Count == 0) return;
        var id = await store.BeginAsync(ScheduleActor, systems, cancellationToken);
        Enqueue(id, systems);
    }

    private async Task EndLostAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await store.LostAsync(cancellationToken))
            await store.EndAsync(id, Lost, cancellationToken);
    }

    private static ProbeResult Lost { get; } =
        new(false, "lost", [], new Dictionary<int, (string Verdict, long? LagMs)>());

    [LoggerMessage(2501, LogLevel.Warning, "A probe failed: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(2502, LogLevel.Warning, "Probes could not be read or stored now: {ErrorType}")]
    private partial void LogNotStored(string errorType);
}
