using System.Net;
using System.Text.Json;
using OptOut.IntegrationTests.Audit.Findings;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;

namespace OptOut.IntegrationTests.Probes;

public sealed class ProbeTests(Servers servers)
{
    /// <summary>Lesson 27: a vendor tool was trusted for 40 days while the opt-out was broken.</summary>
    [Fact]
    public async Task A_synthetic_stop_goes_the_whole_way_and_each_stage_is_timed()
    {
        await using var service = await Running.StartAsync(servers, await servers.CreateVhostAsync());
        var system = await service.RegisterAsync(await service.PurposeAsync());
        await using var sdk = await SdkSystem.FromQueueAsync(system, service.Broker!);
        var leaves = await LeavesAsync(service);

        var probe = await EndedAsync(service, await StartAsync(service, system.Name));

        Assert.True(probe.Text("state") == "passed", probe.ToString());
        var verdict = Assert.Single(probe.GetProperty("systems").EnumerateArray());
        Assert.Equal((system.Name, "applied"), (verdict.Text("system"), verdict.Text("verdict")));
        Assert.True(verdict.GetProperty("lagMs").GetInt64() >= 0);
        Assert.Equal(["request", "commit", "published", "received", "applied", "enforced", "page", "one_click"],
            probe.GetProperty("stages").EnumerateArray().Select(stage => stage.Text("stage")));
        Assert.Equal(leaves + 1, await LeavesAsync(service));
    }

    [Fact]
    public async Task Everything_a_probe_leaves_is_flagged_and_nobody_else_may_say_probe()
    {
        await using var service = await Running.StartAsync(servers, await servers.CreateVhostAsync());
        var system = await service.RegisterAsync(await service.PurposeAsync());
        await using var sdk = await SdkSystem.FromQueueAsync(system, service.Broker!);

        await EndedAsync(service, await StartAsync(service));

        Assert.Equal(0L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version WHERE NOT synthetic"));
        Assert.Equal(0L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.subject WHERE NOT synthetic"));
        Assert.Equal(2L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version"));
        Assert.All(sdk.Notices, notice => Assert.True(notice.Data.Synthetic));
        var forged = new { subject = new { identifiers = (object[])[new { type = "email", value = "a@example.com" }] }, scope = new { purpose = "marketing" }, origin = new { method = "probe" } };
        Assert.Equal(403, (await service.DoAsync(HttpMethod.Post, "/v1/opt-outs", forged)).Status);
    }

    [Fact]
    public async Task A_system_that_says_nothing_fails_its_probe_which_is_a_finding_with_its_owner()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Probes:TimeoutSeconds=5");
        await service.RegisterAsync("mute", objective: 3600);

        var started = await service.PostAsync("/v1/probes", """{ "systems": ["mute"] }""", "operator");
        Assert.Equal(202, started.Status);
        Assert.Equal("running", started.Json.GetProperty("state").GetString());
        Assert.Equal("/v1/probes/" + started.Id, started.Header("Location"));
        var finding = await service.FindingAsync("probe_failed", "system:mute");

        Assert.Equal("timeout", finding.GetProperty("evidence").GetProperty("verdict").GetString());
        Assert.Equal("owner-of-mute", finding.GetProperty("owner").GetString());
        var probe = (await service.GetAsync("/v1/probes/" + started.Id)).Json;
        Assert.Equal(("failed", "system_failed"), (probe.GetProperty("state").GetString(), probe.GetProperty("reason").GetString()));
        Assert.Single((await service.GetAsync("/v1/probes")).Json.GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task A_probe_that_got_lost_is_found_and_ended()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 3600);
        // As a process that died in the middle leaves it.
        await service.RunAsync(
            """
            INSERT INTO optout.probe (probe_id, requested_by, state, started_at, ends_by)
            VALUES (optout.first_id_at(now()), 'svc:probes', 'running', now() - interval '5 minutes', now() - interval '3 minutes');
            INSERT INTO optout.probe_system (probe_id, system_id) SELECT probe_id, system_id FROM optout.probe, optout.system
            """);

        await service.FindingAsync("probe_lost", "service");
        await Running.UntilAsync(async () => await service.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM optout.probe JOIN optout.probe_system USING (probe_id) WHERE state = 'failed' AND verdict = 'lost')"),
            "It was not ended.");
    }

    [Fact]
    public async Task Systems_are_probed_by_the_clock_and_one_without_a_good_probe_is_told()
    {
        await using var service = await RunningService.StartAsync(servers,
            "--OptOut:Probes:IntervalSeconds=60", "--OptOut:Probes:TimeoutSeconds=5");
        await service.RegisterAsync("crm", objective: 3600);
        await service.RunAsync("UPDATE optout.system SET created_at = now() - interval '1 hour'");

        await service.FindingAsync("probe_stale", "system:crm");
        await Running.UntilAsync(async () => await service.ScalarAsync<long>("SELECT count(*) FROM optout.probe") == 1, "Never probed.");
        Assert.Equal("svc:probes", await service.ScalarAsync<string>("SELECT requested_by FROM optout.probe"));
    }

    [Theory]
    [InlineData("""{ "systems": ["nobody"] }""", 422)]
    [InlineData("""{ "systems": "crm" }""", 400)]
    [InlineData("""{ "system": [] }""", 400)]
    public async Task Bad_questions_are_refused(string body, int status)
    {
        await using var service = await RunningService.StartAsync(servers);
        Assert.Equal(status, (await service.PostAsync("/v1/probes", body, "operator")).Status);
        Assert.Equal(403, (await service.PostAsync("/v1/probes", "{}", "reader")).Status);
        Assert.Equal(404, (await service.GetAsync("/v1/probes/prb_00000000000000000000000000000000")).Status);
    }

    private static async Task<string> StartAsync(Running service, params string[] systems)
    {
        var (status, body) = await service.DoAsync(HttpMethod.Post, "/v1/probes", new { systems });
        Assert.Equal((int)HttpStatusCode.Accepted, status);
        return body.Id();
    }

    private static async Task<JsonElement> EndedAsync(Running service, string id)
    {
        JsonElement probe = default;
        await Running.UntilAsync(async () =>
        {
            probe = (await service.DoAsync(HttpMethod.Get, "/v1/probes/" + id)).Body;
            return probe.Text("state") != "running";
        }, "It never ended.");
        return probe;
    }

    private static Task<long> LeavesAsync(Running service) => service.ScalarAsync<long>(
        "SELECT count(*) FROM ledger.leaf WHERE convert_from(leaf, 'UTF8')::jsonb ->> 'kind' = 'probe_run'");
}
