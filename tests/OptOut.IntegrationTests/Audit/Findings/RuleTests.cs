using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Service.Audit.Findings;
using OptOut.Service.Audit.Findings.Running;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Audit.Findings;

/// <summary>What the runner promises, whatever a rule does.</summary>
public sealed class RuleTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rule_that_throws_is_itself_a_finding_until_it_works_again()
    {
        await using var service = await RunningService.StartAsync(servers);
        var rule = new TestRule("thrower") { Look = _ => throw new InvalidOperationException("marked.person@example.com") };
        await using var runner = await StartAsync(service, rule);

        var finding = await service.FindingAsync("rule_failed", "rule:thrower");
        Assert.Equal("InvalidOperationException", finding.GetProperty("evidence").Text("code"));

        rule.Look = _ => new RuleAnswer([]);
        await service.FindingAsync("rule_failed", "rule:thrower", "closed");
    }

    [Fact]
    public async Task A_rule_that_hangs_is_ended_and_told_and_holds_up_no_other()
    {
        await using var service = await RunningService.StartAsync(servers);
        await using var runner = await StartAsync(service,
            new SqlRule("hanger", TimeSpan.FromSeconds(1), Severities.Info,
                "SELECT 'x' AS about, NULL::text AS severity, NULL::integer AS system_id, '{}'::jsonb AS evidence FROM pg_sleep(60)"));

        var finding = await service.FindingAsync("rule_failed", "rule:hanger");

        Assert.Equal("57014", finding.GetProperty("evidence").Text("code"));
    }

    [Fact]
    public async Task A_rule_that_finds_a_million_things_opens_one_finding_with_a_count_and_a_sample()
    {
        await using var service = await RunningService.StartAsync(servers);
        await using var runner = await StartAsync(service,
            new SqlRule("stormy", TimeSpan.FromSeconds(1), Severities.Warning,
                """
                SELECT 'thing:' || g AS about, NULL::text AS severity, NULL::integer AS system_id, '{}'::jsonb AS evidence
                FROM generate_series(1, 1000000) g
                """));

        var finding = await service.FindingAsync("stormy", "many");

        Assert.Equal(1_000_000, finding.GetProperty("count").GetInt64());
        Assert.Equal(10, finding.GetProperty("evidence").GetProperty("sample").GetArrayLength());
        Assert.Single(await service.FindingsAsync("stormy"));
        Assert.Equal(1, await service.LeavesAsync(finding, "finding_raised"));
    }

    [Fact]
    public async Task Two_replicas_take_turns_and_open_one_finding()
    {
        await using var service = await RunningService.StartAsync(servers);
        await using var twin = await service.StartReplicaAsync();
        var looks = 0;
        TestRule Rule() => new("shared")
        {
            Interval = TimeSpan.FromMilliseconds(500),
            Look = _ =>
            {
                Interlocked.Increment(ref looks);
                return new RuleAnswer([new Complaint("shared", "thing:1", Severities.Info, null, "{}")]);
            },
        };
        var started = TimeProvider.System.GetTimestamp();
        await using (await StartAsync(service, Rule()))
        await using (await StartAsync(twin, Rule()))
            await Running.UntilAsync(() => Task.FromResult(Volatile.Read(ref looks) >= 5), "It never looked five times.");

        var elapsed = TimeProvider.System.GetElapsedTime(started);
        Assert.True(looks <= elapsed / TimeSpan.FromMilliseconds(450) + 2, $"{looks} looks in {elapsed}");
        Assert.Single(await service.FindingsAsync("shared"));
        Assert.Equal(1, await service.LeavesAsync((await service.FindingsAsync("shared"))[0], "finding_raised"));
    }

    /// <summary>Lesson 18: a sync took "everything since the last run" even when the last run had failed.</summary>
    [Fact]
    public async Task The_place_moves_on_only_with_a_look_that_worked()
    {
        await using var service = await RunningService.StartAsync(servers);
        var places = new List<string?>();
        var rule = new TestRule("placed");
        rule.Look = look =>
        {
            places.Add(look.Watermark);
            return places.Count == 2 ? throw new IOException() : new RuleAnswer([], $"place {places.Count}");
        };
        await using (await StartAsync(service, rule))
            await Running.UntilAsync(() => Task.FromResult(places.Count >= 4), "It did not go on.");

        Assert.Equal([null, "place 1", "place 1", "place 3"], places.Take(4));
    }

    /// <summary>Lesson 28: a reconciliation's timer reset at each deploy, so it never ran.</summary>
    [Fact]
    public async Task A_restart_neither_resets_the_timer_nor_forgets_the_place()
    {
        await using var service = await RunningService.StartAsync(servers);
        var rule = new TestRule("daily") { Interval = TimeSpan.FromHours(24) };
        rule.Look = _ => new RuleAnswer([], "far");
        await using (await StartAsync(service, rule))
            await Running.UntilAsync(
                async () => await service.ScalarAsync<long>(
                    "SELECT count(*) FROM optout.rule_state WHERE rule = 'daily' AND watermark = 'far'") == 1,
                "It never stored how far it had looked.");

        // Deployed again and again, sooner than it is due: it neither looks too often nor starts its day anew.
        for (var deploy = 0; deploy < 3; deploy++)
        {
            await using (await StartAsync(service, new TestRule("daily") { Interval = TimeSpan.FromHours(24), Look = _ => throw new InvalidOperationException() }))
                await Task.Delay(100, Cancellation);
        }

        await service.RunAsync("UPDATE optout.rule_state SET started_at = started_at - interval '24 hours' WHERE rule = 'daily'");
        string? place = null;
        var again = new TestRule("daily") { Interval = TimeSpan.FromHours(24) };
        again.Look = look =>
        {
            place = look.Watermark;
            return new RuleAnswer([], place);
        };
        await using (await StartAsync(service, again))
            await Running.UntilAsync(() => Task.FromResult(again.Looks == 1), "It was due and did not look.");
        Assert.Equal("far", place);
    }

    [Fact]
    public async Task A_rule_that_has_not_run_is_itself_a_finding()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RunAsync(
            """
            INSERT INTO optout.rule_state (rule, interval_ms, started_at, finished_at)
            VALUES ('forgotten', 1000, now() - interval '10 minutes', now() - interval '10 minutes')
            """);

        await service.FindingAsync("rule_late", "rule:forgotten");
        await service.RunAsync("UPDATE optout.rule_state SET finished_at = now() WHERE rule = 'forgotten'");
        await service.FindingAsync("rule_late", "rule:forgotten", "closed");
    }

    [Fact]
    public async Task Every_rule_of_the_service_has_a_heartbeat_and_none_fails_on_an_empty_database()
    {
        await using var service = await RunningService.StartAsync(servers);
        var rules = service.App.Services.GetServices<IFindingRule>().Select(rule => rule.Name).Order(StringComparer.Ordinal).ToList();

        await Running.UntilAsync(async () => rules.SequenceEqual(await service.ScalarAsync<string[]>(
            "SELECT coalesce(array_agg(rule ORDER BY rule COLLATE \"C\"), '{}') FROM optout.rule_state WHERE finished_at IS NOT NULL")), "A rule has no heartbeat.");
        Assert.Equal(0L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.rule_state WHERE failures > 0"));
        Assert.Empty(await service.FindingsAsync("rule_failed"));
    }

    /// <summary>A runner of its own, beside the service's, with the given rules.</summary>
    private static async Task<IAsyncDisposable> StartAsync(RunningService service, params IFindingRule[] rules)
    {
        var provider = service.App.Services;
        var runner = new RuleRunner(rules, provider.GetRequiredService<RuleTurn>(), provider.GetRequiredService<WatchHealth>(),
            TimeProvider.System, NullLogger<RuleRunner>.Instance);
        await runner.StartAsync(Cancellation);
        return new Ending(runner);
    }

    private sealed class Ending(RuleRunner runner) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await runner.StopAsync(CancellationToken.None);
            runner.Dispose();
        }
    }

    private sealed class TestRule(string name) : IFindingRule
    {
        private int _looks;

        public string Name => name;

        public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(200);

        public IReadOnlyList<string> Kinds { get; } = [name];

        public Func<RuleLook, RuleAnswer> Look { get; set; } = _ => new RuleAnswer([]);

        public int Looks => _looks;

        public Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _looks);
            return Task.FromResult(Look(look));
        }
    }
}
