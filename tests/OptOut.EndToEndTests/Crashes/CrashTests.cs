namespace OptOut.EndToEndTests.Crashes;

/// <summary>Whatever dies, and whenever: what was answered 201 is recorded and reaches its system.</summary>
public sealed class CrashTests(CrashRig rig) : IClassFixture<CrashRig>
{
    private const string Parts =
        """
        SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM (
            SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 7267 AND granted GROUP BY pid) s
        """;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_stop_that_was_committed_and_not_published_when_the_service_was_killed_goes_out_after_the_restart()
    {
        var answered = new List<Guid>();
        await rig.Broker.KillAsync();
        await using (var service = await rig.StartAsync())
        {
            for (var i = 0; i < 20; i++)
                answered.Add(await service.PressAsync() ?? throw new InvalidOperationException("A stop without a broker was not taken."));
            Assert.Equal(20, await rig.ScalarAsync<long>("SELECT count(*) FROM optout.delivery WHERE state = 'pending'"));
            await service.SignalAsync("KILL", Soon);
        }

        rig.Broker.StartAgain();
        await using var next = await rig.StartAsync();
        await rig.Broker.Ready;
        await rig.NothingIsLostAsync(answered);
    }

    [Fact]
    public async Task A_service_killed_under_load_at_random_moments_loses_nothing_it_answered()
    {
        var answered = new List<Guid>();
        for (var round = 0; round < 3; round++)
        {
            await using var service = await rig.StartAsync();
            using var until = new CancellationTokenSource();
            var load = service.LoadAsync(until.Token);
            await Task.Delay(Random.Shared.Next(500, 2_500), TestContext.Current.CancellationToken);
            await service.SignalAsync("KILL", Soon);
            await until.CancelAsync();
            answered.AddRange(await load);
        }

        await using var last = await rig.StartAsync();
        await rig.NothingIsLostAsync(answered);
    }

    [Fact]
    public async Task A_broker_killed_under_load_loses_nothing()
    {
        await using var service = await rig.StartAsync();
        using var until = new CancellationTokenSource();
        var load = service.LoadAsync(until.Token);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        await rig.Broker.KillAsync();
        await Task.Delay(500, TestContext.Current.CancellationToken);
        rig.Broker.StartAgain();
        await rig.Broker.Ready;
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await until.CancelAsync();

        await rig.NothingIsLostAsync(await load);
    }

    [Fact]
    public async Task A_service_that_is_asked_to_end_under_load_answers_what_it_took_and_ends_within_ten_seconds()
    {
        await using var service = await rig.StartAsync();
        using var until = new CancellationTokenSource();
        var load = service.LoadAsync(until.Token);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        await service.SignalAsync("TERM", Soon);
        await until.CancelAsync();

        Assert.Equal(0, service.ExitCode);
        Assert.Equal("", await rig.ScalarAsync<string>(Parts));
        var answered = await load;
        await using var next = await rig.StartAsync();
        await rig.NothingIsLostAsync(answered);
    }

    [Fact]
    public async Task The_parts_of_a_killed_replica_are_taken_over_within_five_seconds()
    {
        await using var one = await rig.StartAsync();
        await using var two = await rig.StartAsync();
        using var until = new CancellationTokenSource();
        var loads = (List<Task<List<Guid>>>)[one.LoadAsync(until.Token), two.LoadAsync(until.Token)];
        await CrashRig.UntilAsync(
            async () => await rig.ScalarAsync<string>(Parts) == "8,8", () => "The parts are not shared under load.", TimeSpan.FromSeconds(15));

        await two.SignalAsync("KILL", Soon);
        await CrashRig.UntilAsync(
            async () => await rig.ScalarAsync<string>(Parts) == "16", () => "Not taken over.", TimeSpan.FromSeconds(5));

        await until.CancelAsync();
        await rig.NothingIsLostAsync([.. (await Task.WhenAll(loads)).SelectMany(ids => ids)]);
    }
}
