using System.Collections.Concurrent;
using Npgsql;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>
/// Answers that change nothing for anybody are counted and not stored: by day, caller, mode and scope. The counts of this
/// process are added to the table every ten seconds and when it ends; a crash loses some of them and no decision.
/// </summary>
internal sealed partial class DecisionTally(Databases databases, TimeProvider clock, ILogger<DecisionTally> logger)
    : BackgroundService
{
    /// <summary>Stands for a purpose or channel that is not known: what a caller made up is not stored.</summary>
    private const string None = "unknown";

    /// <summary>Different counters of one process; further ones are counted without their scope.</summary>
    private const int MaxCounters = 20_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const string Add =
        """
        INSERT INTO optout.decision_tally AS t (day, asked_by, mode, purpose, channel, go, unknown)
        SELECT now()::date, a, m, p, c, g, u FROM unnest($1, $2, $3, $4, $5, $6) AS x(a, m, p, c, g, u)
        ORDER BY a, m, p, c
        ON CONFLICT (day, asked_by, mode, purpose, channel) DO UPDATE
        SET go = t.go + excluded.go, unknown = t.unknown + excluded.unknown
        """;

    private readonly ConcurrentDictionary<Key, Counts> _counts = new();

    /// <summary>Counts the answers of one request.</summary>
    public void Count(string askedBy, string mode, IReadOnlyList<Question> questions, IReadOnlyList<Verdict> verdicts)
    {
        var (stops, gos, unknowns) = (0, 0, 0);
        for (var i = 0; i < verdicts.Count; i++)
        {
            switch (verdicts[i].Answer)
            {
                case Answer.Stop:
                    stops++;
                    break;
                case Answer.Go:
                    gos++;
                    Counter(askedBy, mode, questions[i].Scope).AddGo(1);
                    break;
                default:
                    unknowns++;
                    Counter(askedBy, mode, default).AddUnknown(1);
                    break;
            }
        }

        Measure(mode, stops, gos, unknowns);
    }

    /// <summary>Counts many answers about one scope.</summary>
    public void Count(string askedBy, string mode, Scope scope, (int Stops, int Gos, int Unknowns) answers)
    {
        var counter = Counter(askedBy, mode, scope);
        counter.AddGo(answers.Gos);
        counter.AddUnknown(answers.Unknowns);
        Measure(mode, answers.Stops, answers.Gos, answers.Unknowns);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await FlushAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>Adds what was counted to the table; what cannot be written now is kept for the next time.</summary>
    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        var counts = _counts.Select(c => (c.Key, Value: c.Value.Take())).Where(c => c.Value != default).ToArray();
        if (counts.Length == 0)
            return;
        try
        {
            await using var command = databases.Main.CreateCommand(Add);
            command.Parameters.Add(Sql.Texts([.. counts.Select(c => c.Key.AskedBy)]));
            command.Parameters.Add(Sql.Texts([.. counts.Select(c => c.Key.Mode)]));
            command.Parameters.Add(Sql.Texts([.. counts.Select(c => c.Key.Scope.Purpose ?? None)]));
            command.Parameters.Add(Sql.Texts([.. counts.Select(c => c.Key.Scope.Channel ?? None)]));
            command.Parameters.Add(Sql.Value(counts.Select(c => c.Value.Go).ToArray()));
            command.Parameters.Add(Sql.Value(counts.Select(c => c.Value.Unknown).ToArray()));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            LogNotWritten((exception as PostgresException)?.SqlState);
            foreach (var (key, count) in counts)
            {
                var counter = Counter(key.AskedBy, key.Mode, key.Scope);
                counter.AddGo(count.Go);
                counter.AddUnknown(count.Unknown);
            }
        }
    }

    private static void Measure(string mode, int stops, int gos, int unknowns)
    {
        OptOutTelemetry.Answered(mode, "stop", stops);
        OptOutTelemetry.Answered(mode, "go", gos);
        OptOutTelemetry.Answered(mode, "unknown", unknowns);
    }

    private Counts Counter(string askedBy, string mode, Scope scope)
    {
        var key = new Key(askedBy, mode, scope);
        if (!_counts.ContainsKey(key) && _counts.Count >= MaxCounters)
            key = new Key(askedBy, mode, default);
        return _counts.GetOrAdd(key, static _ => new Counts());
    }

    private readonly record struct Key(string AskedBy, string Mode, Scope Scope);

    private sealed class Counts
    {
        private long _go;
        private long _unknown;

        /// <summary>What was counted since the last time.</summary>
        public (long Go, long Unknown) Take() => (Interlocked.Exchange(ref _go, 0), Interlocked.Exchange(ref _unknown, 0));

        public void AddGo(long count) => Interlocked.Add(ref _go, count);

        public void AddUnknown(long count) => Interlocked.Add(ref _unknown, count);
    }

    [LoggerMessage(701, LogLevel.Warning, "Counts of answers could not be written now: {SqlState}")]
    private partial void LogNotWritten(string? sqlState);
}
