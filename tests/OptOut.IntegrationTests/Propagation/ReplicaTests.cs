using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Propagation;

public sealed class ReplicaTests(Servers servers)
{
    private const string Shares =
        """
        SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM (
            SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 7267 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid) s
        """;

    [Fact]
    public async Task Two_replicas_share_the_parts_and_publish_every_event_exactly_once()
    {
        var broker = await servers.CreateVhostAsync();
        await using var one = await Running.StartAsync(servers, broker);
        var purpose = await one.PurposeAsync();
        var system = await one.RegisterAsync(purpose);
        var url = SdkSystem.FreeUrl();
        var called = await one.RegisterAsync(purpose, url);
        await using var receiver = await SdkSystem.AtAsync(called, url);
        await Running.UntilAsync(async () => await one.ScalarAsync<string>(Shares) == "16", "One replica owns all parts.");

        // The second comes while the first has all hands full, and gets its half all the same.
        var load = LoadAsync(one, purpose, 150);
        await using var two = await Running.StartAsync(servers, broker, twin: one);
        await Running.UntilAsync(async () => await one.ScalarAsync<string>(Shares) == "8,8", "The parts are not shared.");
        var more = await Task.WhenAll(load, LoadAsync(one, purpose, 75), LoadAsync(two, purpose, 75));
        var ids = more.SelectMany(part => part).ToList();

        var told = await system.TakeAsync(ids.Count);
        Assert.Equal(ids.Order(StringComparer.Ordinal), told.Select(e => e.Told.Data.OptOutId).Order(StringComparer.Ordinal));
        await Running.UntilAsync(async () => await one.ScalarAsync<long>(
            "SELECT count(*) FROM optout.delivery WHERE state = 'applied'") == ids.Count, "The webhook did not get all.");
        await Running.UntilAsync(async () => await one.ScalarAsync<long>("SELECT count(*) FROM optout.attempt") == 2 * ids.Count, "tries");
        Assert.Equal(0u, await system.WaitingAsync());
        Assert.Equal(ids.Count, receiver.Notices.Count);

        // One leaves: the other has all of it within five seconds.
        await two.StopHostAsync();
        await Running.UntilAsync(async () => await one.ScalarAsync<string>(Shares) == "16", "Not taken over.", TimeSpan.FromSeconds(5));
        await LoadAsync(one, purpose, 20);
        await system.TakeAsync(20);
    }

    private static async Task<List<string>> LoadAsync(Running service, string purpose, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i += 5)
            ids.AddRange((await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => service.StopAsync(purpose)))).Select(r => r.Id()));
        return ids;
    }
}
