using Npgsql;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Subscriber.Fencing;

namespace OptOut.IntegrationTests.Subscriber;

public sealed class PostgresFenceTests(Servers servers) : IAsyncLifetime
{
    private NpgsqlDataSource _one = null!;
    private NpgsqlDataSource _other = null!;

    [Fact]
    public async Task What_was_settled_is_read_back_whole()
    {
        var settled = new FencedVersion(
            3, "hash", AcknowledgementOutcome.Applied, new DateTimeOffset(2026, 11, 20, 15, 0, 0, 123, TimeSpan.Zero),
            [new AcknowledgementAction { Asset = "contacts", Action = AppliedAction.CancelledQueued, Count = 2, Method = "x" }],
            null);
        await SettleAsync(_one, settled);
        await using var pass = await new PostgresVersionFence(_other).EnterAsync("crm", "oo_1", Cancellation);
        Assert.Equal(settled.Actions, pass.Last!.Actions);
        Assert.Equal(settled with { Actions = pass.Last.Actions }, pass.Last);
    }

    [Fact]
    public async Task A_pass_left_without_settling_leaves_no_trace()
    {
        var fence = new PostgresVersionFence(_one);
        await using (var pass = await fence.EnterAsync("crm", "oo_1", Cancellation)) Assert.Null(pass.Last);
        await using var again = await fence.EnterAsync("crm", "oo_1", Cancellation);
        Assert.Null(again.Last);
    }

    [Fact]
    public async Task The_database_itself_refuses_to_go_back()
    {
        await SettleAsync(_one, Version(2));
        await Assert.ThrowsAsync<InvalidOperationException>(() => SettleAsync(_other, Version(1)));
        await using var pass = await new PostgresVersionFence(_one).EnterAsync("crm", "oo_1", Cancellation);
        Assert.Equal(2, pass.Last!.Version);
    }

    [Fact]
    public async Task Two_processes_never_work_on_one_opt_out_at_once_and_nothing_goes_back()
    {
        PostgresVersionFence[] processes = [new(_one), new(_other)];
        var versions = Enumerable.Range(1, 100).ToArray();
        new Random(20261120).Shuffle(versions);
        var inside = 0;
        List<int> applied = [];
        await Parallel.ForEachAsync(
            versions,
            new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancellation },
            async (version, cancellation) =>
            {
                await using var pass = await processes[version % 2].EnterAsync("crm", "oo_1", cancellation);
                Assert.Equal(1, Interlocked.Increment(ref inside));
                await Task.Yield();
                var newer = pass.Last is null || pass.Last.Version < version;
                if (newer) applied.Add(version);

                // Settling ends the turn, so the test leaves before.
                Interlocked.Decrement(ref inside);
                if (newer) await pass.SettleAsync(Version(version), cancellation);
            });
        Assert.Equal(applied.Order(), applied);
        Assert.Equal(100, applied[^1]);
    }

    [Fact]
    public async Task Different_opt_outs_and_systems_do_not_wait_for_each_other()
    {
        var fence = new PostgresVersionFence(_one);
        await using var first = await fence.EnterAsync("crm", "oo_1", Cancellation);
        await using var second = await fence.EnterAsync("crm", "oo_2", Cancellation);
        await using var third = await fence.EnterAsync("mailer", "oo_1", Cancellation);
    }

    [Fact]
    public async Task A_process_that_dies_inside_frees_the_opt_out_and_can_no_longer_settle()
    {
        var dying = await new PostgresVersionFence(_one).EnterAsync("crm", "oo_1", Cancellation);
        var waiting = new PostgresVersionFence(_other).EnterAsync("crm", "oo_1", Cancellation).AsTask();
        await FakeService.UntilAsync(async () => await KillHoldersAsync() > 0);
        await using (var pass = await waiting) await pass.SettleAsync(Version(2), Cancellation);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => dying.SettleAsync(Version(1), Cancellation).AsTask());
        await dying.DisposeAsync();
    }

    [Fact]
    public async Task Twenty_processes_that_start_at_once_make_the_table_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var pass = await new PostgresVersionFence(_one).EnterAsync("crm", $"oo_{i}", Cancellation);
            await pass.SettleAsync(Version(1), Cancellation);
        }));
        await using var count = _one.CreateCommand("SELECT count(*) FROM optout_fence");
        Assert.Equal(20L, await count.ExecuteScalarAsync(Cancellation));
    }

    public async ValueTask InitializeAsync()
    {
        var databases = await servers.CreateDatabaseAsync();
        _one = NpgsqlDataSource.Create(databases.Owner);
        _other = NpgsqlDataSource.Create(databases.Owner);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static FencedVersion Version(int version) =>
        new(version, $"hash-{version}", AcknowledgementOutcome.Applied, null, [], null);

    private static async Task SettleAsync(NpgsqlDataSource database, FencedVersion version)
    {
        await using var pass = await new PostgresVersionFence(database).EnterAsync("crm", "oo_1", Cancellation);
        await pass.SettleAsync(version, Cancellation);
    }

    // Ends the server processes that hold an advisory lock which another waits for.
    private async Task<long> KillHoldersAsync()
    {
        await using var kill = _one.CreateCommand(
            """
            SELECT count(pg_terminate_backend(held.pid)) FROM pg_locks held JOIN pg_locks waits
              ON held.locktype = 'advisory' AND waits.locktype = 'advisory' AND held.granted AND NOT waits.granted
              AND held.objid = waits.objid AND held.classid = waits.classid AND held.database = waits.database
            WHERE held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """);
        return (long)(await kill.ExecuteScalarAsync(Cancellation))!;
    }
}
