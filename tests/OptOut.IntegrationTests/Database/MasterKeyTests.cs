using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;
using OptOut.IntegrationTests.Recording;
using OptOut.Service.Platform.Keys;

namespace OptOut.IntegrationTests.Database;

/// <summary>Under another master key nobody's stop is found: a service with a wrong one must not answer.</summary>
public sealed class MasterKeyTests(Servers servers)
{
    [Fact]
    public async Task A_ring_without_the_databases_key_ends_the_start()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.StopEmailAsync(Stops.NewEmail());

        var refused = await Assert.ThrowsAsync<KeyRingException>(() => RunningService.StartAsync(service.Databases));

        Assert.Contains("lacks the key k", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ring_with_another_key_of_the_same_id_ends_the_start()
    {
        await using var service = await RunningService.StartAsync(servers);
        var file = Path.Combine(service.Directory, "other.json");
        var id = await service.ScalarAsync<string>("SELECT key_id FROM optout.master_key");
        await File.WriteAllTextAsync(file,
            $$"""
            { "keys": [ { "id": "{{id}}", "createdAt": "2026-11-20T00:00:00Z", "use": "live",
              "secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=" } ] }
            """, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<KeyRingException>(
            () => service.StartReplicaAsync($"--OptOut:MasterKeyFile={file}"));

        Assert.Contains($"its key {id} is not the one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_key_begins_that_a_replica_lacks_it_answers_unknown_and_is_not_ready()
    {
        await using var service = await RunningService.StartAsync(servers);
        Assert.Equal("go", await DecisionAsync(service));

        await service.RunAsync("INSERT INTO optout.master_key (key_id) VALUES ('k20300101')");

        await Running.UntilAsync(async () => await DecisionAsync(service) == "unknown", "It still answered go.");
        var ready = await service.GetAsync("/health/ready", role: "");
        Assert.Equal(503, ready.Status);
        Assert.Contains("master_keys", ready.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_is_in_use_from_its_first_key_on()
    {
        var databases = await servers.CreateDatabaseAsync();
        Assert.False(await MasterKeyWatch.IsInUseAsync(databases.Owner, TestContext.Current.CancellationToken));

        await using var service = await RunningService.StartAsync(databases);

        Assert.True(await MasterKeyWatch.IsInUseAsync(databases.Owner, TestContext.Current.CancellationToken));
    }

    private static async Task<string?> DecisionAsync(RunningService service)
    {
        var answer = await service.PostAsync("/v1/suppressions/check",
            $$"""
            { "items": [ { "identifier": { "type": "email", "value": "{{Stops.NewEmail()}}" }, "purpose": "marketing",
              "channel": "email" } ] }
            """, "gate");
        return answer.Json.GetProperty("items")[0].GetProperty("decision").GetString();
    }
}
