using Microsoft.Extensions.DependencyInjection;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger.Tiles;
using OptOut.Service.Audit;
using OptOut.Service.Audit.Checking;
using OptOut.Service.Audit.Sequencing;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Audit;

/// <summary>One dense tree, whoever writes it and whatever ends in between.</summary>
public sealed class SequencingTests(Servers servers) : IDisposable
{
    private readonly string directory = LedgerRig.NewLedgerDirectory();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Other tests' databases have sequencers of their own on the same server.
    private const string SequencersLock =
        """
        pg_locks WHERE locktype = 'advisory' AND classid = 7266 AND objid = 4 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """;

    [Fact]
    public async Task Every_act_has_exactly_one_leaf_and_the_whole_tree_computes_again()
    {
        await using var service = await LedgerRig.StartAsync(servers, directory);
        await service.AddSystemAsync("mailer", "marketing", "email");
        await service.StopManyAsync(600);
        await service.StopEmailAsync(Stops.NewEmail());

        var size = await service.PublishedAsync();

        Assert.Equal(size, await service.CountAsync("ledger.entry"));
        Assert.Equal(601, await service.CountAsync(
            "optout.opt_out_version v JOIN ledger.entry e ON e.entry_id = v.ledger_entry_id"));
        var tree = await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel);
        var acts = await service.App.Services.GetRequiredService<ActAudit>().RunAsync(Cancel);
        Assert.Empty(tree.Faults);
        Assert.Empty(acts.Faults);
        Assert.Equal((size, size), (tree.Read, acts.Read));
        Assert.True(service.App.Services.GetRequiredService<LedgerStanding>().IsCurrent);
    }

    [Fact]
    public async Task Two_replicas_write_one_dense_tree_and_the_second_takes_over_when_the_first_ones_session_dies()
    {
        await using var first = await LedgerRig.StartAsync(servers, directory);
        await using var second = await first.StartReplicaAsync();
        await first.ShareKeyAsync("recorder", second);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? first : second).StopManyAsync(100)));
        await first.PublishedAsync();

        // The database ends the holder's session, as it does for a process that died.
        await first.RunAsync($"SELECT pg_terminate_backend(pid) FROM {SequencersLock}");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? first : second).StopManyAsync(100)));
        var size = await first.PublishedAsync();

        Assert.Equal(size, await first.CountAsync("ledger.entry"));
        Assert.Equal(size - 1, await first.ScalarAsync<long>("SELECT max(entry_index) FROM ledger.entry"));
        Assert.Equal(1, await first.CountAsync(SequencersLock));
        Assert.Empty((await second.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel)).Faults);
        Assert.Equal((await first.CheckpointAsync()).ToString(), (await second.CheckpointAsync()).ToString());
    }

    [Fact]
    public async Task An_end_between_commit_and_tiles_recovers_to_the_same_tree()
    {
        await using var first = await LedgerRig.StartAsync(servers, directory);
        await first.StopManyAsync(300);
        var published = await first.PublishedAsync();

        // No tile can be written from here on: sequenced leaves are committed and unpublished when the process ends.
        var tiles = Path.Combine(directory, "tile");
        Directory.Move(tiles, tiles + ".away");
        await File.WriteAllTextAsync(tiles, "in the way", Cancel);
        await first.StopManyAsync(300);
        await Running.UntilAsync(async () => await first.CountAsync("ledger.pending") == 0, "The leaves were not sequenced.");
        await first.StopAsync();
        var committed = await first.ScalarAsync<byte[][]>("SELECT edge FROM ledger.head");
        Assert.Equal(published, await first.ScalarAsync<long>("SELECT max(size) FROM ledger.checkpoint"));
        File.Delete(tiles);
        Directory.Move(tiles + ".away", tiles);

        await using var second = await first.StartReplicaAsync();
        var size = await second.PublishedAsync();

        Assert.Equal(committed, await second.ScalarAsync<byte[][]>("SELECT edge FROM ledger.head"));
        Assert.True(size >= published + 300);
        Assert.Empty((await second.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel)).Faults);
        foreach (var tile in TileLevel.Of(size).SelectMany(level => Enumerable.Range(0, (int)level.FullTiles).Select(i => level.Tile(i))))
            Assert.Equal((await second.GetAsync($"/v1/ledger/{tile}", "")).Body,
                await File.ReadAllBytesAsync(Path.Combine(directory, tile.ToString()), Cancel));
    }

    [Fact]
    public async Task Tens_of_thousands_of_waiting_leaves_are_published_in_seconds()
    {
        const int Leaves = 40_000;
        await using var service = await LedgerRig.StartAsync(servers, directory);
        var started = TimeProvider.System.GetTimestamp();
        await service.RunAsync(
            $"""
            INSERT INTO ledger.pending (entry_id, leaf, leaf_hash)
            SELECT gen_random_uuid(), l, sha256('\x00'::bytea || l)
            FROM (SELECT convert_to(repeat('x', 300) || i, 'UTF8') AS l FROM generate_series(1, {Leaves}) i) t
            """);
        var written = TimeProvider.System.GetElapsedTime(started);
        var size = await service.PublishedAsync();
        var published = TimeProvider.System.GetElapsedTime(started) - written;

        Assert.True(size >= Leaves);
        started = TimeProvider.System.GetTimestamp();
        var report = await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel);
        var audited = TimeProvider.System.GetElapsedTime(started);
        Assert.Empty(report.Faults);
        TestContext.Current.SendDiagnosticMessage(
            "{0} leaves: written in {1}, published {2} later, audited in {3}", Leaves, written, published, audited);
        Assert.True(published < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_published_tile_with_other_bytes_is_an_incident_and_is_never_overwritten()
    {
        await using var service = await LedgerRig.StartAsync(servers, directory);
        await service.StopManyAsync(10);
        var published = await service.PublishedAsync();
        var tile = Path.Combine(directory, "tile/0/000");
        await File.WriteAllTextAsync(tile, "another history", Cancel);

        await service.StopManyAsync(300);
        await Running.UntilAsync(() => Task.FromResult(Incident(service) is not null), "No incident was raised.");

        Assert.Equal(LedgerIncidentException.TileDiffers, Incident(service));
        Assert.Equal("another history", await File.ReadAllTextAsync(tile, Cancel));
        Assert.Equal(published, await service.ScalarAsync<long>("SELECT max(size) FROM ledger.checkpoint"));
        var health = await service.GetAsync("/health/ready", "");
        Assert.Equal((200, "degraded"), (health.Status, health.Json.Text("status")));
        Assert.Contains("tile_differs", health.Text, StringComparison.Ordinal);
        Assert.Equal(201, (await service.StopEmailAsync(Stops.NewEmail())).Status);

        // Once the cause is gone it goes on by itself, with the tree that it had.
        File.Delete(tile);
        await service.PublishedAsync();
        Assert.Null(Incident(service));
        Assert.Empty((await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel)).Faults);
    }

    [Fact]
    public async Task A_database_behind_what_was_published_is_not_signed_again()
    {
        await using var first = await LedgerRig.StartAsync(servers, directory);
        await first.StopManyAsync(10);
        var size = await first.PublishedAsync();
        await first.StopAsync();
        // As an older backup would have it: fewer leaves than the published checkpoint.
        await first.TamperAsync("ledger.checkpoint", $"DELETE FROM ledger.checkpoint WHERE size >= {size - 3}");
        await first.TamperAsync("ledger.entry", $"DELETE FROM ledger.entry WHERE entry_index >= {size - 3}");
        var then = await first.App.Services.GetRequiredService<LedgerRows>().RangeAtAsync(size - 3, Cancel);
        var edge = string.Join(", ", then.Edge.Select(hash => $"'\\x{Convert.ToHexStringLower(hash)}'::bytea"));
        await first.TamperAsync("ledger.head", $"UPDATE ledger.head SET size = {size - 3}, edge = ARRAY[{edge}]");

        await using var second = await first.StartReplicaAsync();
        await second.StopEmailAsync(Stops.NewEmail());
        await Running.UntilAsync(() => Task.FromResult(Incident(second) is not null), "No incident was raised.");

        Assert.Equal(LedgerIncidentException.PublishedAhead, Incident(second));
        Assert.True(await second.CountAsync("ledger.pending") > 0);
        // The replica that cannot see the directory holds to it too.
        Assert.False(second.App.Services.GetRequiredService<LedgerStanding>().IsCurrent);
        await using var third = await second.StartReplicaAsync("--OptOut:LedgerDirectory=");
        Assert.Equal(LedgerIncidentException.PublishedAhead, third.App.Services.GetRequiredService<LedgerStanding>().Doubt);
        Assert.Contains("checks are answered unknown", (await third.GetAsync("/health/ready", "")).Text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        LedgerRig.Remove(directory);
    }

    private static string? Incident(RunningService service) =>
        service.App.Services.GetRequiredService<LedgerStatus>().Incident;
}
