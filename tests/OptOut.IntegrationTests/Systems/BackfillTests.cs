using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Systems;

public sealed class BackfillTests(Servers servers)
{
    private const string Told = "SELECT count(*) FROM optout.delivery";
    private const string Queued = "SELECT count(*) FROM optout.open_delivery";
    private const string Passed = "SELECT count(*) FROM optout.system_status WHERE backfill_pass = 2";
    private const string Finished = "SELECT count(*) FROM optout.system_status WHERE backfill_finished_at IS NOT NULL";

    [Fact]
    public async Task A_new_system_is_told_every_stop_that_stands_and_nothing_else()
    {
        await using var registry = await Registry.StartAsync(servers);
        await StopAsync(registry, 1, 1200, "marketing", "email");
        await StopAsync(registry, 1201, 10, "analytics", "email");
        await StopAsync(registry, 1301, 10, "marketing", "phone");
        await StopAsync(registry, 1401, 10, "marketing", "email", synthetic: true);
        await StopAsync(registry, 1501, 10, "all", "email");
        await registry.RunAsync(NewVersion(from: 1, to: 5, "opted_in"));
        await registry.RunAsync(NewVersion(from: 6, to: 9, "opted_out"));

        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        await registry.UntilAsync(Passed, 1);

        Assert.Equal(1200L - 5 + 10 + 10, await registry.ScalarAsync<long>(Told));
        Assert.Equal(1200L - 5 + 10, await registry.ScalarAsync<long>(Queued));
        Assert.Equal(10L, await registry.ScalarAsync<long>(
            Told + " WHERE state = 'no_match' AND reason_code = 'no_identifier' AND closed_at IS NOT NULL"));
        Assert.Equal(4L, await registry.ScalarAsync<long>(Told + " WHERE version = 2"));
        Assert.Equal(0L, await registry.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.open_delivery o JOIN optout.opt_out_version v USING (opt_out_id, version)
            WHERE o.part <> (get_byte(uuid_send(v.subject_id), 15) & 15) OR o.apply_by <> o.due_at + interval '60 s'
            """));
        Assert.Equal(0L, await registry.ScalarAsync<long>(Finished));
    }

    [Fact]
    public async Task A_stop_recorded_under_an_older_registry_is_found_by_the_second_pass()
    {
        await using var registry = await Registry.StartAsync(servers);
        await StopAsync(registry, 100, 10, "marketing", "email");
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        await registry.UntilAsync(Passed, 1);

        // A writer that does not know the system yet: a version without a delivery, before where the first pass stood.
        await StopAsync(registry, 1, 3, "marketing", "email");
        await registry.RunAsync("UPDATE optout.system_status SET backfill_until = now()");
        await registry.UntilAsync(Finished, 1);

        Assert.Equal(13L, await registry.ScalarAsync<long>(Queued));
        var (_, view) = await registry.DoAsync(HttpMethod.Get, "/v1/systems/crm");
        Assert.Equal(13, view.GetProperty("backfill").GetProperty("handedOver").GetInt64());
        Assert.Equal(("active", 13L), (view.GetProperty("state").GetString(), view.GetProperty("open").GetInt64()));
    }

    [Fact]
    public async Task A_contract_that_names_a_further_identifier_reaches_those_that_had_none()
    {
        await using var registry = await Registry.StartAsync(servers);
        await StopAsync(registry, 1, 5, "marketing", "phone");
        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        await registry.UntilAsync(Passed, 1);
        Assert.Equal(0L, await registry.ScalarAsync<long>(Queued));

        await registry.DoAsync(
            HttpMethod.Put, "/v1/systems/crm", Registry.System(identifiers: ["email", "phone"]), "\"1\"");
        await registry.UntilAsync(Queued, 5);
        Assert.Equal(5L, await registry.ScalarAsync<long>(Told + " WHERE state <> 'no_match' AND closed_at IS NULL"));
    }

    [Fact]
    public async Task A_merged_person_is_known_by_the_identifiers_of_each_of_its_subjects()
    {
        await using var registry = await Registry.StartAsync(servers);
        await StopAsync(registry, 1, 1, "marketing", "phone");
        await StopAsync(registry, 2, 1, "analytics", "email");
        await registry.RunAsync($"UPDATE optout.subject SET survivor_id = {Id(1, 1)} WHERE subject_id = {Id(2, 1)}");

        await registry.DoAsync(HttpMethod.Put, "/v1/systems/crm", Registry.System());
        await registry.UntilAsync(Queued, 1);
    }

    // The registry writes nothing but its own tables, so what stood before is put there as the recorder leaves it.
    private static Task StopAsync(
        Registry registry, int from, int count, string purpose, string identifier, bool synthetic = false) =>
        registry.RunAsync(
            $"""
            INSERT INTO optout.subject SELECT {Id("n", 1)}, {Id("n", 1)}, {synthetic}, now()
            FROM generate_series({from}, {from + count - 1}) n;
            INSERT INTO optout.identifier (identifier_id, subject_id, type, lookup_key_id, lookup_hash, feed_key_id,
                feed_hash, value_ciphertext, rules_version, created_at)
            SELECT {Id("n", 3)}, {Id("n", 1)}, '{identifier}', 'k', sha256(n::text::bytea), 'k', sha256(n::text::bytea),
                'x', 1, now() FROM generate_series({from}, {from + count - 1}) n;
            INSERT INTO optout.opt_out_version (opt_out_id, version, subject_id, purpose, channel, state, occurred_at,
                recorded_at, actor_type, origin_system, origin_method, reason_code, synthetic, record_hash,
                ledger_entry_id, recorded_by)
            SELECT {Id("n", 2)}, 1, {Id("n", 1)}, '{purpose}', 'any', 'opted_out', now(), now(), 'subject', 'shop', 'api',
                'user_request', {synthetic}, sha256('x'), {Id("n", 4)}, 'key:1'
            FROM generate_series({from}, {from + count - 1}) n;
            """);

    private static string NewVersion(int from, int to, string state) =>
        $"""
        INSERT INTO optout.opt_out_version (opt_out_id, version, subject_id, purpose, channel, state, occurred_at,
            recorded_at, actor_type, origin_system, origin_method, reason_code, synthetic, record_hash, ledger_entry_id,
            recorded_by)
        SELECT opt_out_id, 2, subject_id, purpose, channel, '{state}', now(), now(), 'subject', 'shop', 'api',
            'user_request', false, record_hash, ledger_entry_id, recorded_by
        FROM optout.opt_out_version WHERE opt_out_id BETWEEN {Id(from, 2)} AND {Id(to, 2)}
        """;

    private static string Id(object n, int kind) =>
        $"('0000000{kind}-0000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid";
}
