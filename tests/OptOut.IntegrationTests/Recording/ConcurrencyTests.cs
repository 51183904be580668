using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>Versions are 1, 2, 3… whatever happens at once, in one process or in several.</summary>
public sealed class ConcurrencyTests(Servers servers)
{
    private const int Posts = 2_000;

    [Fact]
    public async Task Two_thousand_posts_at_once_for_one_scope_make_one_version_and_two_thousand_leaves()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        await service.KeyOfAsync("recorder");

        var answers = await Task.WhenAll(Enumerable.Range(0, Posts).Select(_ => service.StopEmailAsync(email)));

        await AssertOneVersionAsync(service, answers);
    }

    [Fact]
    public async Task Two_thousand_posts_at_once_over_two_replicas_make_one_version_and_two_thousand_leaves()
    {
        await using var first = await RunningService.StartAsync(servers);
        await using var second = await first.StartReplicaAsync();
        await first.ShareKeyAsync("recorder", second);
        var email = Stops.NewEmail();

        var answers = await Task.WhenAll(Enumerable.Range(0, Posts)
            .Select(i => (i % 2 == 0 ? first : second).StopEmailAsync(email)));

        await AssertOneVersionAsync(first, answers);
    }

    /// <summary>More at once than the pool has connections, before anything of the registry is in memory.</summary>
    [Fact]
    public async Task A_fresh_replica_whose_first_requests_come_all_at_once_answers_them_all()
    {
        await using var first = await RunningService.StartAsync(servers);
        await using var second = await first.StartReplicaAsync();
        await first.ShareKeyAsync("recorder", second);

        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => second.StopEmailAsync(Stops.NewEmail())));

        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
    }

    [Fact]
    public async Task Stops_and_reversals_racing_over_two_replicas_leave_versions_without_gap_or_fork()
    {
        await using var first = await RunningService.StartAsync(servers);
        await using var second = await first.StartReplicaAsync();
        await first.ShareKeyAsync("recorder", second);
        await first.ShareKeyAsync("portal", second);
        var email = Stops.NewEmail();
        var stop = await first.StopEmailAsync(email);
        var lifted = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            var service = worker % 2 == 0 ? first : second;
            for (var round = 0; round < 12; round++)
            {
                var standing = await service.StopEmailAsync(email);
                var token = await service.TokenAsync(Stops.Email(email));
                var reversal = await service.ReverseAsync(standing.Id, token, standing.Version());
                Assert.Contains(reversal.Status, (int[])[201, 409, 412]);
                if (reversal.Status == 201)
                    Interlocked.Increment(ref lifted);
            }
        }));

        var versions = await first.VersionsAsync(stop.Raw());
        Assert.Equal(Enumerable.Range(1, versions.Count), versions);
        Assert.Equal(lifted, await first.ScalarAsync<long>(
            "SELECT count(*) FROM optout.opt_out_version WHERE state = 'opted_in'"));
        // A stop follows a stop never, a reversal follows a reversal never.
        Assert.Equal(0L, await first.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.opt_out_version a JOIN optout.opt_out_version b
                ON b.opt_out_id = a.opt_out_id AND b.version = a.version + 1 WHERE a.state = b.state
            """));
        Assert.Equal((long)versions.Count, await first.ScalarAsync<long>(
            "SELECT count(DISTINCT ledger_entry_id) FROM optout.opt_out_version JOIN ledger.leaf ON entry_id = ledger_entry_id"));
    }

    [Fact]
    public async Task Overlapping_identifiers_posted_at_once_over_two_replicas_end_as_one_person_with_every_stop()
    {
        await using var first = await RunningService.StartAsync(servers);
        await using var second = await first.StartReplicaAsync();
        await first.ShareKeyAsync("recorder", second);
        var ids = Enumerable.Range(0, 12).Select(_ => Stops.NewUserId()).ToArray();
        string[] purposes = ["marketing", "analytics", "profiling", "research"];

        // A chain: each post names two neighbours, so that all are one person in the end, in whatever order they come.
        var answers = await Task.WhenAll(Enumerable.Range(0, ids.Length - 1).SelectMany(i => purposes.Select(purpose =>
            (i % 2 == 0 ? first : second).StopAsync($"{Stops.UserId(ids[i])}, {Stops.UserId(ids[i + 1])}", purpose))));

        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[200, 201]));
        Assert.Equal(1L, await first.ScalarAsync<long>("SELECT count(DISTINCT survivor_id) FROM optout.subject"));
        Assert.Equal((long)ids.Length, await first.ScalarAsync<long>("SELECT count(*) FROM optout.identifier"));
        Assert.Equal(0L, await first.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT opt_out_id, max(version) - count(*) AS gaps FROM optout.opt_out_version
                                  GROUP BY opt_out_id) v WHERE gaps <> 0
            """));
        var survivor = await first.ScalarAsync<Guid>("SELECT survivor_id FROM optout.subject LIMIT 1");
        Assert.Equal(purposes.Order(), (await first.ScalarAsync<string[]>(
            """
            SELECT array_agg(DISTINCT purpose ORDER BY purpose) FROM (
                SELECT DISTINCT ON (opt_out_id) * FROM optout.opt_out_version WHERE subject_id = $1
                ORDER BY opt_out_id, version DESC) v WHERE state = 'opted_out'
            """, survivor)).Order());
    }

    private static async Task AssertOneVersionAsync(RunningService service, Answer[] answers)
    {
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(Posts - 1, answers.Count(answer => answer.Status == 200));
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        var id = answers[0].Raw();
        Assert.Equal([1], await service.VersionsAsync(id));
        Assert.Equal(1L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version"));
        Assert.Equal(1L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.subject"));
        Assert.Equal(1, await service.LeavesAsync(id, "recorded"));
        Assert.Equal(Posts - 1, await service.LeavesAsync(id, "reaffirmed"));
    }
}
