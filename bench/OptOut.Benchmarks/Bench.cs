using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using OptOut.Benchmarks.Goals;
using OptOut.Benchmarks.Load;
using OptOut.Benchmarks.Machine;
using OptOut.Benchmarks.Report;
using OptOut.Benchmarks.Servers;
using OptOut.Benchmarks.Service;
using RabbitMQ.Client.Exceptions;

namespace OptOut.Benchmarks;

/// <summary>One run: the servers, the limits, the service and its goals, the limits again, the report.</summary>
internal sealed class Bench(BenchOptions options)
{
    private static readonly TimeSpan HoldReport = TimeSpan.FromSeconds(5);

    /// <summary>Those that leave the systems' queues empty come first; recording fills them.</summary>
    private static readonly (string Name, Func<GoalRun, CancellationToken, Task<Measurement>> Measure)[] Order =
    [
        (BenchOptions.Paced, PacedGoal.MeasureAsync),
        (BenchOptions.Whole, WholeWayGoal.MeasureAsync),
        (BenchOptions.Drain, DrainGoal.MeasureAsync),
        (BenchOptions.Recording, RecordingGoal.MeasureAsync),
    ];

    /// <returns>0 where everything was measured, whatever the verdicts; else 1.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetUtcNow();
        var load = MachineDescription.Load();
        await using var servers = await BenchServers.StartAsync(cancellationToken);
        var machine = MachineDescription.Lines(servers.Directory, await servers.DescribeAsync(cancellationToken));
        if (options.Hold)
            return await HoldAsync(servers, cancellationToken);

        var limits = new LimitBook(options);
        await limits.TakeAsync(servers, before: true, cancellationToken);
        var measured = await GoalsAsync(servers, cancellationToken);
        await limits.TakeAsync(servers, before: false, cancellationToken);

        List<string> report =
        [
            $"# Benchmark of {began:yyyy-MM-dd HH:mm} UTC{(options.Quick ? ", quick: a smoke check, not a result" : "")}",
            "", $"Load average before the run: {load}. Other work on the machine makes every number here smaller, and ratios unsure.",
            "", .. GoalTable.Lines(measured, limits), "", .. GoalTable.Notes(measured),
            "", .. limits.Table(), "", .. machine.Select(line => $"- {line}"),
            StandingRecords.Line(options),
        ];
        report.ForEach(Console.WriteLine);
        if (options.WriteAs is { } name)
        {
            var folder = Directory.CreateDirectory(ServiceUnderTest.ResultsFolder()).FullName;
            var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{began:yyyy-MM-dd}-{name}.md"));
            await File.WriteAllLinesAsync(file, report, cancellationToken);
            Console.Error.WriteLine($"Written: {file}");
        }

        return measured.Values.All(measurement => measurement.Fault is null) ? 0 : 1;
    }

    private async Task<Dictionary<string, Measurement>> GoalsAsync(BenchServers servers, CancellationToken cancellationToken)
    {
        await using var service = await ServiceUnderTest.StartAsync(servers, cancellationToken);
        using var api = new ServiceApi(service);
        var run = new GoalRun(servers, service, api, options);
        await run.RegisterAsync(cancellationToken);
        await StandingRecords.MakeAsync(run, cancellationToken);
        var measured = new Dictionary<string, Measurement>();
        foreach (var (name, measure) in Order.Where(goal => options.Goals.Contains(goal.Name)))
        {
            var load = MachineDescription.Load();
            Console.Error.WriteLine($"  goal {name}");
            var measurement = await GuardedAsync(() => measure(run, cancellationToken));
            measured[name] = measurement with { Load = load };
        }

        return options.Goals.ToDictionary(goal => goal, goal => measured[goal]);
    }

    /// <summary>What cannot be measured says so in its row, and leaves the other rows standing.</summary>
    private static async Task<Measurement> GuardedAsync(Func<Task<Measurement>> measure)
    {
        try
        {
            return await measure();
        }
        catch (Exception exception) when (exception is BenchException or NpgsqlException or SocketException or IOException
            or TimeoutException or HttpRequestException or OperationInterruptedException or AlreadyClosedException)
        {
            return new Measurement { Fault = $"{exception.GetType().Name}: {exception.Message}" };
        }
    }

    /// <summary>Keeps the service busy until the run is interrupted, for whoever attaches to it.</summary>
    private async Task<int> HoldAsync(BenchServers servers, CancellationToken cancellationToken)
    {
        await using var service = await ServiceUnderTest.StartAsync(servers, cancellationToken);
        using var api = new ServiceApi(service);
        var run = new GoalRun(servers, service, api, options);
        await run.RegisterAsync(cancellationToken);
        await StandingRecords.MakeAsync(run, cancellationToken);
        // Asked for recording alone, nobody consumes, as in its measurement.
        var whole = !options.Goals.SequenceEqual([BenchOptions.Recording]);
        await using var subscribers = await Subscribers.StartAsync(servers, whole ? run.Systems : [], cancellationToken);
        await using var backpressure = new Backpressure(subscribers, run.Systems.Count, WholeWayGoal.Bound);
        backpressure.Start(already: 0);
        await using var load = HttpLoad.Start(service, GoalRun.Purpose, whole ? backpressure.AdmitAsync : null);
        Console.WriteLine($"Service: process {service.ProcessId}, {service.Address}; PostgreSQL: {servers.PostgresProcess}");
        Console.WriteLine($"Database: psql '{Libpq(servers)}'");
        while (!cancellationToken.IsCancellationRequested)
        {
            var ((perSecond, latencies), cost) = await run.CostAsync(
                () => load.MeasureAsync(HoldReport, cancellationToken), result => result.Latencies.Length);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{perSecond:0} a second, p50 {Statistics.Percentile(latencies, 0.5):0.0} ms, p99 {Statistics.Percentile(latencies, 0.99):0.0} ms; {cost}; load average {MachineDescription.Load()}"));
        }

        return 0;
    }

    private static string Libpq(BenchServers servers)
    {
        var admin = new NpgsqlConnectionStringBuilder(servers.Connections.Admin);
        return $"host=127.0.0.1 port={admin.Port} user={admin.Username} dbname=optout password={admin.Password}";
    }
}
