using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Database;

/// <summary>Failures of respected systems that concern history and truth, and a stop that comes undone.</summary>
public sealed class LessonTests(Servers servers)
{
    /// <summary>1: The stored choice was updated in place.</summary>
    [Fact]
    public async Task Every_version_stands_for_ever_with_its_own_leaf()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var stop = await service.StopEmailAsync(email);
        await service.ReverseAsync(stop.Id, await service.TokenAsync(Stops.Email(email)), 1);
        await service.StopEmailAsync(email);

        var versions = (await service.GetAsync($"/v1/opt-outs/{stop.Id}/versions")).Json.GetProperty("data")
            .EnumerateArray().ToList();

        Assert.Equal(["1 opted_out", "2 opted_in", "3 opted_out"],
            versions.Select(v => $"{v.GetProperty("version")} {v.Text("state")}"));
        Assert.Equal(3, versions.Select(v => v.Text("ledgerEntryId")).Distinct().Count());
        Assert.Equal(3, versions.Select(v => v.Text("recordHash")).Distinct().Count());
    }

    /// <summary>3: Audit rows hung on the consent with ON DELETE CASCADE.</summary>
    [Fact]
    public async Task Nothing_that_can_be_deleted_takes_evidence_with_it()
    {
        await using var service = await RunningService.StartAsync(servers);

        Assert.Equal(0L, await service.ScalarAsync<long>(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confdeltype NOT IN ('a', 'r')"));
    }

    /// <summary>5: A client's clock was taken as the truth.</summary>
    [Fact]
    public async Task A_claimed_time_orders_nothing()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var stop = await service.StopEmailAsync(email);
        await service.ReverseAsync(stop.Id, await service.TokenAsync(Stops.Email(email)), 1);

        // Claimed to be of years before the reversal: it is said now, and now it stands.
        var late = await service.PostAsync("/v1/opt-outs",
            Stops.Body(Stops.Email(email)).TrimEnd()[..^1] + """, "occurredAt": "2001-01-01T00:00:00.000Z" }""");

        Assert.Equal((201, 3), (late.Status, late.Version()));
        Assert.Equal("2001-01-01T00:00:00.000Z", late.Json.Text("occurredAt"));
        Assert.True(late.Json.GetProperty("recordedAt").GetDateTimeOffset()
            >= stop.Json.GetProperty("recordedAt").GetDateTimeOffset());
        Assert.Equal("opted_out", (await service.GetAsync("/v1/opt-outs/" + stop.Id)).Json.Text("state"));
    }

    /// <summary>6: An import flag or a later form post cleared the stop.</summary>
    [Theory]
    [InlineData("import")]
    [InlineData("vendor")]
    [InlineData("page")]
    public async Task Whatever_arrives_later_can_only_strengthen(string method)
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var broad = await service.StopEmailAsync(email);

        var later = await service.PostAsync("/v1/opt-outs", Stops.Body(Stops.Email(email), channel: "sms").TrimEnd()[..^1]
            + $$""", "origin": { "system": "crm", "method": "{{method}}" } }""");

        Assert.Equal(201, later.Status);
        Assert.Equal("opted_out", (await service.GetAsync("/v1/opt-outs/" + broad.Id)).Json.Text("state"));
    }

    /// <summary>7: Deleting the contact deleted the stop with it.</summary>
    [Fact]
    public async Task After_a_persons_key_is_destroyed_the_keyed_hash_still_stops_a_re_import()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var stop = await service.StopEmailAsync(email);
        // What erasure does: the key and the values go, hashes and history stay.
        await using (var keys = Npgsql.NpgsqlDataSource.Create(service.Databases.Keys))
        await using (var destroy = keys.CreateCommand("DELETE FROM optout.subject_key"))
            await destroy.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await service.RunAsync("UPDATE optout.identifier SET value_ciphertext = NULL");
        await using var restarted = await service.StartReplicaAsync();
        await service.ShareKeyAsync("recorder", restarted);

        var again = await restarted.StopEmailAsync(email);
        var further = await restarted.StopAsync($"{Stops.Email(email)}, {Stops.UserId(Stops.NewUserId())}", "analytics");

        Assert.Equal((200, stop.Id), (again.Status, again.Id));
        Assert.Equal(201, further.Status);
        Assert.Equal(stop.Json.Text("subjectId"), further.Json.Text("subjectId"));
        Assert.Equal(0L, await service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.identifier WHERE value_ciphertext IS NOT NULL"));
    }

    /// <summary>9: A suppression expired after some days.</summary>
    [Fact]
    public async Task No_stop_has_an_expiry()
    {
        await using var service = await RunningService.StartAsync(servers);

        Assert.Equal(0L, await service.ScalarAsync<long>(
            """
            SELECT count(*) FROM information_schema.columns WHERE table_schema = 'optout'
                AND table_name IN ('opt_out_version', 'subject', 'identifier', 'delivery')
                AND (column_name LIKE '%expire%' OR column_name LIKE '%until%' OR column_name LIKE '%ttl%')
            """));
    }

    /// <summary>13: The event was published after the commit, or before it.</summary>
    [Fact]
    public async Task A_record_that_is_not_committed_leaves_no_delivery_no_work_and_no_leaf()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.AddSystemAsync("mailer", "marketing", "email");
        await service.KeyOfAsync("recorder");
        await service.RunAsync(
            """
            CREATE FUNCTION refuse_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no leaf today' USING ERRCODE = 'P0001'; END $$;
            CREATE TRIGGER refuse_leaf BEFORE INSERT ON ledger.opening EXECUTE FUNCTION refuse_leaf();
            """);
        var before = await CountAsync(service);

        var refused = await service.StopEmailAsync(Stops.NewEmail());
        var after = await CountAsync(service);
        await service.RunAsync("DROP TRIGGER refuse_leaf ON ledger.opening");
        var recorded = await service.StopEmailAsync(Stops.NewEmail());

        // T48: where the ledger cannot take a leaf, nothing happens unlogged.
        Assert.Equal(500, refused.Status);
        Assert.Equal(before, after);
        Assert.Equal(201, recorded.Status);
        Assert.Equal(before + 6, await CountAsync(service));
    }

    private static Task<long> CountAsync(RunningService service) => service.ScalarAsync<long>(
        """
        SELECT (SELECT count(*) FROM optout.opt_out_version) + (SELECT count(*) FROM optout.delivery)
            + (SELECT count(*) FROM optout.open_delivery) + (SELECT count(*) FROM optout.subject)
            + (SELECT count(*) FROM optout.identifier)
            + (SELECT count(*) FROM ledger.opening o WHERE o.subject_id IS NOT NULL)
        """);
}
