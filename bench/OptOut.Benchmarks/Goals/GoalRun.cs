using System.Globalization;
using OptOut.Benchmarks.Machine;
using OptOut.Benchmarks.Servers;
using OptOut.Benchmarks.Service;

namespace OptOut.Benchmarks.Goals;

/// <summary>What a goal's measurement works with: the servers, the running service, the registered systems.</summary>
internal sealed class GoalRun(BenchServers servers, ServiceUnderTest service, ServiceApi api, BenchOptions options)
{
    /// <summary>What the three systems subscribe to.</summary>
    public const string Purpose = "marketing";

    /// <summary>What the fourth alone subscribes to: its backlog is one queue's.</summary>
    public const string BacklogPurpose = "research";

    private const string BacklogName = "archive";
    private static readonly string[] Names = ["crm", "mailer", "ads"];

    private readonly ProcessorTime processor = new(new Dictionary<string, int>
    {
        ["service"] = service.ProcessId,
        ["PostgreSQL"] = servers.PostgresProcess,
        ["RabbitMQ"] = servers.BrokerProcess,
        ["load and subscribers"] = Environment.ProcessId,
    });

    public BenchServers Servers => servers;
    public ServiceUnderTest Service => service;
    public ServiceApi Api => api;
    public BenchOptions Options => options;
    public IReadOnlyList<BenchSystem> Systems { get; private set; } = [];
    public BenchSystem Backlogged { get; private set; } = null!;

    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var systems = new List<BenchSystem>();
        foreach (var name in Names)
            systems.Add(await api.RegisterAsync(name, Purpose, cancellationToken));
        Systems = systems;
        Backlogged = await api.RegisterAsync(BacklogName, BacklogPurpose, cancellationToken);
    }

    /// <summary>Runs one measurement and says what each process used of the cores for one opt-out.</summary>
    public async Task<(T Result, string Cost)> CostAsync<T>(Func<Task<T>> measure, Func<T, double> optOuts)
    {
        var before = processor.Read();
        var result = await measure();
        var after = processor.Read();
        var count = Math.Max(1, optOuts(result));
        var parts = after.Select(part => string.Create(CultureInfo.InvariantCulture,
            $"{part.Key} {1_000_000 * (part.Value - before[part.Key]) / count:0}"));
        return (result, $"processor µs an opt-out: {string.Join(", ", parts)}");
    }
}
