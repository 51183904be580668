using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Systems;

public sealed class TwoPeopleTests(Servers servers)
{
    [Theory]
    [InlineData("marketing.newsletter", "any", "email", 60)]
    [InlineData("marketing", "email", "email", 60)]
    [InlineData("marketing", "any", "phone", 60)]
    [InlineData("marketing", "any", "email", 61)]
    public async Task What_lowers_protection_is_done_only_by_a_second_person(
        string purpose, string channel, string identifier, int objective)
    {
        await using var registry = await Registry.StartAsync(servers);
        await registry.DoAsync(HttpMethod.Put, "/v1/purposes/marketing.newsletter", new { displayName = "Newsletter" });
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        var lower = Registry.System([purpose], [channel], [identifier], objective);

        var (status, asked) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", lower, "\"1\"");
        var approval = $"/v1/approvals/{asked.GetProperty("approvalId").GetString()}/approve";
        var (own, problem) = await registry.DoAsync(HttpMethod.Post, approval);
        Assert.Equal((202, 403), (status, own));
        Assert.Equal("second_person_required", problem.GetProperty("code").GetString());
        Assert.Equal(1L, await registry.ScalarAsync<long>("SELECT version::bigint FROM optout.system"));

        Assert.Equal(200, (await registry.DoAsync(HttpMethod.Post, approval, client: registry.Second)).Status);
        Assert.Equal(2L, await registry.ScalarAsync<long>("SELECT version::bigint FROM optout.system"));
        Assert.EndsWith("system_registered,override_asked,system_changed", await RegistrationTests.Leaves(registry),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retired_system_stays_retired_and_its_name_stays_taken()
    {
        await using var registry = await Registry.StartAsync(servers);
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());

        Assert.Equal(428, (await registry.DoAsync(HttpMethod.Delete, "/v1/systems/crm")).Status);
        var (status, asked) = await registry.DoAsync(HttpMethod.Delete, "/v1/systems/crm", ifMatch: "\"1\"");
        Assert.Equal(202, status);
        var approval = $"/v1/approvals/{asked.GetProperty("approvalId").GetString()}";
        await registry.DoAsync(HttpMethod.Post, approval + "/approve", client: registry.Second);

        var (_, standing) = await registry.DoAsync(HttpMethod.Get, "/v1/systems/crm");
        Assert.Equal("retired", standing.GetProperty("state").GetString());
        Assert.Equal("approved", (await registry.DoAsync(HttpMethod.Get, approval)).Body.GetProperty("state").GetString());
        Assert.Equal(409, (await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System())).Status);
    }

    [Fact]
    public async Task An_approval_that_expired_or_was_overtaken_changes_nothing()
    {
        await using var registry = await Registry.StartAsync(servers);
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        var (_, asked) = await registry.DoAsync(HttpMethod.Delete, "/v1/systems/crm", ifMatch: "\"1\"");
        var approval = $"/v1/approvals/{asked.GetProperty("approvalId").GetString()}/approve";

        await registry.RunAsync("UPDATE optout.approval SET expires_at = now()");
        var expired = await registry.DoAsync(HttpMethod.Post, approval, client: registry.Second);
        await registry.RunAsync("UPDATE optout.approval SET expires_at = now() + interval '1 hour'");
        await registry.DoAsync(HttpMethod.Post, "/v1/systems/crm/pause", new { reason = "later" }, "\"1\"");
        var stale = await registry.DoAsync(HttpMethod.Post, approval, client: registry.Second);

        Assert.Equal("approval_expired", expired.Body.GetProperty("code").GetString());
        Assert.Equal("approval_stale", stale.Body.GetProperty("code").GetString());
        Assert.Equal("paused", await registry.ScalarAsync<string>("SELECT state FROM optout.system"));
    }

    [Fact]
    public async Task A_purpose_becomes_overridable_or_slower_only_by_a_second_person()
    {
        await using var registry = await Registry.StartAsync(servers);
        const string path = "/v1/purposes/marketing.newsletter";
        Assert.Equal(201, (await registry.DoAsync(HttpMethod.Put, path, new { displayName = "Newsletter" })).Status);
        Assert.Equal(200, (await registry.DoAsync(HttpMethod.Put, path, new { displayName = "Letters" }, "\"1\"")).Status);

        var (status, asked) = await registry.DoAsync(
            HttpMethod.Put, path, new { displayName = "Letters", overridable = true }, "\"2\"");
        Assert.Equal(202, status);
        var approval = $"/v1/approvals/{asked.GetProperty("approvalId").GetString()}/approve";
        using var operators = registry.As(await registry.KeyAsync("operator"));
        Assert.Equal(403, (await registry.DoAsync(HttpMethod.Post, approval, client: operators)).Status);
        Assert.Equal(200, (await registry.DoAsync(HttpMethod.Post, approval, client: registry.Second)).Status);
        Assert.True((await registry.DoAsync(HttpMethod.Get, path)).Body.GetProperty("overridable").GetBoolean());
    }

    [Fact]
    public async Task A_purpose_needs_the_one_above_and_the_root_has_no_exception()
    {
        await using var registry = await Registry.StartAsync(servers);

        var orphan = await registry.DoAsync(HttpMethod.Put, "/v1/purposes/games.chess", new { displayName = "Chess" });
        var root = await registry.DoAsync(
            HttpMethod.Put, "/v1/purposes/all", new { displayName = "Everything", overridable = true }, "\"1\"");

        Assert.Equal("purpose_parent_unknown", orphan.Body.GetProperty("code").GetString());
        Assert.Equal("root_not_overridable", root.Body.GetProperty("errors")[0].GetProperty("code").GetString());
    }
}
