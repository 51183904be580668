using System.Collections.Concurrent;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>PostgreSQL stops, or is killed: no answer lies, and nothing is half written.</summary>
public sealed class StorageFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_storage_is_gone_a_stop_is_503_and_afterwards_the_service_recovers_by_itself()
    {
        await using var postgres = await PrivatePostgres.StartAsync();
        await using var service = await RunningService.StartAsync(postgres.Databases);
        var email = Stops.NewEmail();
        await service.StopEmailAsync(Stops.NewEmail());
        var key = Stops.NewKey();

        await postgres.Server.StopAsync();
        var refused = await service.StopAsync(Stops.Email(email), key: key);
        var ready = await service.GetAsync("/health/ready", "");
        var live = await service.GetAsync("/health/live", "");

        Assert.Equal((503, "storage_unavailable"), (refused.Status, refused.Code));
        Assert.Matches("^[1-9][0-9]*$", refused.Header("Retry-After"));
        Assert.DoesNotContain(email, refused.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((503, 200), (ready.Status, live.Status));

        await postgres.Server.StartAgainAsync(Cancellation);
        var recovered = await UntilRecordedAsync(service, email, key);
        // A refusal of ours is never stored: the same key records now.
        Assert.Equal(201, recovered.Status);
        Assert.Null(recovered.Header("Idempotent-Replayed"));
        await AssertWholeAsync(service);
    }

    [Fact]
    public async Task After_storage_is_killed_under_load_every_stop_that_was_answered_is_there()
    {
        await using var postgres = await PrivatePostgres.StartAsync();
        await using var service = await RunningService.StartAsync(postgres.Databases);
        await service.AddSystemAsync("mailer", "marketing", "email");
        await service.KeyOfAsync("recorder");
        var answered = new ConcurrentBag<(Guid Id, int Version, int Status)>();
        var others = new ConcurrentBag<int>();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var load = Enumerable.Range(0, 24).Select(async worker =>
        {
            for (var i = 0; !ended.IsCancellationRequested; i++)
            {
                var answer = await service.StopEmailAsync($"w{worker}-{i / 2}@example.com");
                if (answer.Status is 201 or 200)
                    answered.Add((answer.Raw(), answer.Version(), answer.Status));
                else
                    others.Add(answer.Status);
            }
        }).ToList();
        for (var round = 0; round < 3; round++)
        {
            await UntilAsync(() => answered.Count > 200 * (round + 1));
            await postgres.Server.KillAsync();
            await UntilAsync(() => others.Count > 20 * (round + 1));
            await postgres.Server.StartAgainAsync(Cancellation);
        }

        var before = answered.Count;
        await UntilAsync(() => answered.Count > before + 100);
        await ended.CancelAsync();
        await Task.WhenAll(load);

        Assert.All(others, status => Assert.Equal(503, status));
        var stored = (await service.ScalarAsync<Guid[]>("SELECT array_agg(opt_out_id) FROM optout.opt_out_version")).ToHashSet();
        Assert.DoesNotContain(answered, a => !stored.Contains(a.Id));
        Assert.Equal(answered.Count(a => a.Status == 201), answered.Where(a => a.Status == 201).Select(a => a.Id).Distinct().Count());
        await AssertWholeAsync(service);
    }

    /// <summary>Record, delivery and leaf are one transaction.</summary>
    private static async Task AssertWholeAsync(RunningService service)
    {
        Assert.Equal(0L, await service.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.opt_out_version v WHERE
                NOT EXISTS (SELECT FROM ledger.leaf p WHERE p.entry_id = v.ledger_entry_id)
                OR NOT EXISTS (SELECT FROM ledger.opening o WHERE o.entry_id = v.ledger_entry_id)
                OR NOT EXISTS (SELECT FROM optout.identifier i WHERE i.subject_id = v.subject_id)
                OR (SELECT count(*) FROM optout.delivery d WHERE d.opt_out_id = v.opt_out_id AND d.version = v.version)
                    <> (SELECT count(*) FROM optout.system)
            """));
        Assert.Equal(0L, await service.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT subject_id, purpose, channel FROM optout.opt_out_version GROUP BY 1, 2, 3
                                  HAVING max(version) <> count(*) OR count(DISTINCT opt_out_id) <> 1) broken
            """));
        Assert.Equal(0L, await service.ScalarAsync<long>(
            """
            SELECT count(*) FROM ledger.leaf p WHERE convert_from(leaf, 'UTF8')::jsonb ->> 'kind' = 'recorded'
                AND NOT EXISTS (SELECT FROM optout.opt_out_version v WHERE v.ledger_entry_id = p.entry_id)
            """));
    }

    private static async Task<Answer> UntilRecordedAsync(RunningService service, string email, string key)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            var answer = await service.StopAsync(Stops.Email(email), key: key);
            if (answer.Status != 503)
                return answer;
            await Task.Delay(50, deadline.Token);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        while (!condition())
            await Task.Delay(5, deadline.Token);
    }
}
