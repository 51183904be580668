using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Systems;

public sealed class RegistrationTests(Servers servers)
{
    [Fact]
    public async Task A_registration_answers_secret_and_key_once_and_never_again()
    {
        await using var registry = await Registry.StartAsync(servers);

        var (status, made) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        var (again, same) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());

        Assert.Equal(201, status);
        Assert.StartsWith("whsec_", made.GetProperty("secret").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, made.GetProperty("system").GetProperty("version").GetInt32());
        Assert.Equal(200, again);
        Assert.Equal(1, same.GetProperty("version").GetInt32());
        Assert.False(same.TryGetProperty("secret", out _));
    }

    [Fact]
    public async Task The_systems_own_key_reads_that_system_and_no_other()
    {
        await using var registry = await Registry.StartAsync(servers);
        var (_, made) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/mailer", Registry.System());
        using var own = registry.As(made.GetProperty("apiKey").GetString()!);

        Assert.Equal(200, (await registry.DoAsync(HttpMethod.Get, "/v1/systems/crm", client: own)).Status);
        Assert.Equal(404, (await registry.DoAsync(HttpMethod.Get, "/v1/systems/mailer", client: own)).Status);
        Assert.Equal(403, (await registry.DoAsync(HttpMethod.Get, "/v1/systems", client: own)).Status);
    }

    [Fact]
    public async Task Every_fault_of_a_registration_is_told_at_once_with_its_place()
    {
        await using var registry = await Registry.StartAsync(servers);
        var body = new
        {
            displayName = " CRM",
            kind = "other",
            owner = "",
            channel = new { type = "webhook", url = "http://169.254.169.254/" },
            contract = new
            {
                purposes = new[] { "marketing", "marketing", "nonsense" },
                channels = Array.Empty<string>(),
                identifiers = new[] { new { type = "shoe_size", form = "md5" } },
                objectiveSeconds = 0,
            },
        };

        var (status, problem) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/Not%20good", body);

        Assert.Equal(422, status);
        var told = problem.GetProperty("errors").EnumerateArray()
            .Select(e => $"{e.GetProperty("pointer").GetString()} {e.GetProperty("code").GetString()}");
        Assert.Equal(
            [
                " system_name_invalid", "/displayName text_invalid", "/owner text_invalid", "/kind kind_unknown",
                "/channel/url target.scheme_forbidden", "/contract/purposes/1 duplicate",
                "/contract/purposes/2 purpose_unknown", "/contract/channels empty",
                "/contract/identifiers/0/type identifier_type_unknown",
                "/contract/identifiers/0/form identifier_form_unknown", "/contract/objectiveSeconds out_of_range",
            ],
            told);
    }

    [Theory]
    [InlineData("carrier-pigeon")]
    [InlineData("RabbitMQ")]
    public async Task A_channel_that_is_not_there_is_named_as_such(string type)
    {
        await using var registry = await Registry.StartAsync(servers);
        var body = Registry.System();
        body["channel"] = new { type };

        var (status, problem) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", body);

        Assert.Equal(422, status);
        Assert.Equal("channel_type_unknown", problem.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_broker_system_is_refused_without_a_configured_broker_and_taken_while_it_is_down()
    {
        var body = Registry.System();
        body["channel"] = new { type = "rabbitmq" };
        await using var without = await Registry.StartAsync(servers);
        await using var down = await Registry.StartAsync(servers, new Uri("amqp://guest:guest@127.0.0.1:1/none"));

        var refused = await without.DoAsync(HttpMethod.Put, "/v1/systems/crm", body);
        var taken = await down.DoAsync(HttpMethod.Put, "/v1/systems/crm", body);

        Assert.Equal((409, "broker_not_configured"), (refused.Status, refused.Body.GetProperty("code").GetString()));
        Assert.Equal(201, taken.Status);
    }

    [Fact]
    public async Task A_change_names_the_version_that_it_is_about()
    {
        await using var registry = await Registry.StartAsync(servers);
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        var wider = Registry.System(purposes: ["marketing", "analytics"]);

        Assert.Equal(428, (await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", wider)).Status);
        Assert.Equal(412, (await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", wider, "\"7\"")).Status);
        var (status, changed) = await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", wider, "\"1\"");

        Assert.Equal(200, status);
        Assert.Equal(2, changed.GetProperty("version").GetInt32());
        Assert.Equal("system_registered,system_changed", await Leaves(registry));
    }

    [Fact]
    public async Task A_pause_and_a_resumption_are_new_versions_with_a_reason_and_a_leaf_each()
    {
        await using var registry = await Registry.StartAsync(servers);
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        var reason = new { reason = "migration" };

        Assert.Equal(428, (await registry.DoAsync(HttpMethod.Post, "/v1/systems/crm/pause", reason)).Status);
        var paused = await registry.DoAsync(HttpMethod.Post, "/v1/systems/crm/pause", reason, "\"1\"");
        var resumed = await registry.DoAsync(HttpMethod.Post, "/v1/systems/crm/resume", reason);

        Assert.Equal("paused", paused.Body.GetProperty("state").GetString());
        Assert.Equal("migration", paused.Body.GetProperty("stateReason").GetString());
        Assert.Equal(3, resumed.Body.GetProperty("version").GetInt32());
        Assert.Equal("system_registered,system_paused,system_resumed", await Leaves(registry));
    }

    [Fact]
    public async Task At_most_two_secrets_are_valid_at_once()
    {
        await using var registry = await Registry.StartAsync(servers);
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());

        var first = await RotateAsync(registry, 3600);
        var second = await RotateAsync(registry, 3600);
        Assert.NotEqual(first, second);
        Assert.Equal(2L, await registry.ScalarAsync<long>("SELECT count(*) FROM optout.system_secret"));
        await RotateAsync(registry, 0);
        Assert.Equal(1L, await registry.ScalarAsync<long>("SELECT count(*) FROM optout.system_secret"));
    }

    private static async Task<string> RotateAsync(Registry registry, int overlapSeconds)
    {
        var (status, answer) = await registry.DoAsync(
            HttpMethod.Post, "/v1/systems/crm/rotate-secret", new { overlapSeconds });
        Assert.Equal(200, status);
        return answer.GetProperty("secret").GetString()!;
    }

    // The leaves about systems, in their order.
    internal static Task<string> Leaves(Registry registry) => registry.ScalarAsync<string>(
        """
        SELECT coalesce(string_agg(kind, ',' ORDER BY place), '') FROM (
            SELECT place, convert_from(leaf, 'UTF8')::json ->> 'kind' AS kind FROM ledger.leaf) l
        WHERE kind NOT LIKE 'key%'
        """);
}
