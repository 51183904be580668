using System.Diagnostics;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Enforcement;

[Collection(EnforcementCollection.Name)]
public sealed class FeedTests(EnforcementService fixture, Servers servers)
{
    private readonly RunningService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_begins_with_everything_that_stands_and_goes_on_with_each_change()
    {
        await using var service = await RunningService.StartAsync(servers);
        var (early, late) = (Stops.NewEmail(), Stops.NewEmail());
        await service.StopEmailAsync(early, "marketing");
        await service.StopEmailAsync(early, "profiling", "sms");

        await using var feed = await FeedReader.OpenAsync(service);
        Assert.Equal(("full", "no_basis"), (feed.Hello.Text("mode"), feed.Hello.Text("reason")));
        await feed.UntilAsync("heartbeat");
        Assert.Equal(["marketing/any", "profiling/sms"], feed.ScopesOf("email", early));
        Assert.Equal(1, feed.Transferred);

        var stop = await service.StopEmailAsync(late);
        await feed.UntilAsync("email", late, "marketing/any");
        await service.ReverseAsync(stop.Id, await service.TokenAsync(Stops.Email(late)), version: 1);
        // A tombstone: nothing stands any more, and an older entry cannot bring it back.
        await feed.UntilAsync("email", late);
    }

    [Fact]
    public async Task A_change_reaches_a_gate_of_another_replica_soon()
    {
        await using var other = await _service.StartReplicaAsync();
        await _service.ShareKeyAsync("gate", other);
        await using var feed = await FeedReader.OpenAsync(other);
        await feed.UntilAsync("heartbeat");
        var slowest = TimeSpan.Zero;
        for (var round = 0; round < 5; round++)
        {
            var email = Stops.NewEmail();
            await _service.StopEmailAsync(email);
            var answered = Stopwatch.GetTimestamp();
            await feed.UntilAsync("email", email, "marketing/any");
            var lag = Stopwatch.GetElapsedTime(answered);
            slowest = lag > slowest ? lag : slowest;
        }

        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_stream_goes_on_from_its_cursor_and_sends_only_what_it_has_missed()
    {
        var (email, user) = (Stops.NewEmail(), Stops.NewUserId());
        var before = await FeedReader.OpenAsync(_service);
        await before.UntilAsync("heartbeat");
        await before.DisposeAsync();
        await _service.StopEmailAsync(email);
        await _service.StopAsync(Stops.UserId(user), "analytics", "push");

        await using var feed = await FeedReader.OpenAsync(_service, before);
        Assert.Equal("resume", feed.Hello.Text("mode"));
        await feed.UntilAsync("heartbeat");

        Assert.Equal(["marketing/any"], feed.ScopesOf("email", email));
        Assert.Equal(["analytics/push"], feed.ScopesOf("user_id", user));
        Assert.Equal(-1, feed.Transferred);
    }

    [Fact]
    public async Task A_transaction_that_commits_late_is_not_missed_by_a_cursor_that_was_given_out_meanwhile()
    {
        await using var service = await RunningService.StartAsync(servers);
        var (slow, fast) = (Stops.NewEmail(), Stops.NewEmail());
        await service.StopEmailAsync(slow, "research");
        var person = await service.PostAsync("/v1/subjects/lookup", $$"""{ "identifier": {{Stops.Email(slow)}} }""");
        await using var connection = await service.Database.OpenConnectionAsync(Cancellation);
        await using var held = await connection.BeginTransactionAsync(Cancellation);
        await using (var lockPerson = new Npgsql.NpgsqlCommand(
            "SELECT pg_current_xact_id(), survivor_id FROM optout.subject FOR NO KEY UPDATE", connection, held))
            await lockPerson.ExecuteNonQueryAsync(Cancellation);

        // It has its transaction already and waits for the person; the other one commits before it.
        var waiting = service.StopEmailAsync(slow, "profiling");
        var before = await FeedReader.OpenAsync(service);
        await before.UntilAsync("heartbeat");
        await before.DisposeAsync();
        await held.CommitAsync(Cancellation);
        Assert.Equal(201, (await waiting).Status);
        await service.StopEmailAsync(fast);

        await using var feed = await FeedReader.OpenAsync(service, before);
        await feed.UntilAsync("heartbeat");
        Assert.Equal(["profiling/any", "research/any"], feed.ScopesOf("email", slow));
        Assert.Equal(["marketing/any"], feed.ScopesOf("email", fast));
        Assert.NotNull(person.Id);
    }

    [Fact]
    public async Task Linking_and_merging_reach_every_identifier_of_the_person()
    {
        var (email, user) = (Stops.NewEmail(), Stops.NewUserId());
        await using var feed = await FeedReader.OpenAsync(_service);
        await feed.UntilAsync("heartbeat");
        await _service.StopEmailAsync(email, "research");
        await _service.StopAsync(Stops.UserId(user), "analytics");
        var person = await _service.PostAsync("/v1/subjects/lookup", $$"""{ "identifier": {{Stops.Email(email)}} }""");
        await _service.PostAsync($"/v1/subjects/{person.Id}/identifiers", Stops.UserId(user), "operator");

        await feed.UntilAsync("email", email, "analytics/any", "research/any");
        await feed.UntilAsync("user_id", user, "analytics/any", "research/any");
    }

    [Fact]
    public async Task A_large_transfer_comes_in_pages_and_can_be_taken_up_in_the_middle()
    {
        await using var service = await RunningService.StartAsync(servers);
        var items = Enumerable.Range(0, 2_500).Select(i => Stops.Body(Stops.UserId($"u-{i}"))).ToList();
        foreach (var chunk in items.Chunk(1_000))
            await service.PostAsync("/v1/opt-outs/batch", $$"""{ "items": [ {{string.Join(", ", chunk)}} ] }""");

        var before = await FeedReader.OpenAsync(service);
        await before.UntilAsync("entries");
        await before.DisposeAsync();
        await service.StopAsync(Stops.UserId("u-during"));
        await using var feed = await FeedReader.OpenAsync(service, before);
        Assert.Equal("resume", feed.Hello.Text("mode"));
        await feed.UntilAsync("heartbeat");

        Assert.InRange(feed.Transferred, 2_500, 2_501);
        Assert.All(Enumerable.Range(0, 2_500), i => Assert.Equal(["marketing/any"], feed.ScopesOf("user_id", $"u-{i}")));
        Assert.Equal(["marketing/any"], feed.ScopesOf("user_id", "u-during"));
    }

    [Fact]
    public async Task A_new_purpose_is_told_to_open_streams()
    {
        await using var feed = await FeedReader.OpenAsync(_service);
        var first = await feed.UntilAsync("purposes");
        Assert.Contains(first.Data.GetProperty("purposes").EnumerateArray(),
            p => p.Text("purpose") == "service_messages" && p.GetProperty("overridable").GetBoolean());
        await feed.UntilAsync("heartbeat");

        await _service.PutPurposeAsync("marketing.told_to_gates");

        var purposes = await feed.UntilAsync("purposes");
        Assert.Contains(purposes.Data.GetProperty("purposes").EnumerateArray(),
            p => p.Text("purpose") == "marketing.told_to_gates");
    }

    [Fact]
    public async Task A_heartbeat_comes_every_five_seconds()
    {
        await using var feed = await FeedReader.OpenAsync(_service);
        var first = await feed.UntilAsync("heartbeat");
        await feed.UntilAsync("heartbeat");
        var started = Stopwatch.GetTimestamp();
        var third = await feed.UntilAsync("heartbeat");

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8));
        Assert.True(third.Data.GetProperty("asOf").GetDateTimeOffset() > first.Data.GetProperty("asOf").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_stream_ends_when_its_key_is_revoked()
    {
        var made = await _service.PostAsync("/v1/keys", """{ "name": "gate-to-revoke", "roles": ["gate"] }""", "bootstrap");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/suppressions/stream");
        request.Headers.Authorization = new("Bearer", made.Json.Text("key"));
        using var response = await _service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await _service.SendAsync(HttpMethod.Delete, "/v1/keys/" + made.Json.Text("id"), null, "bootstrap");

        var text = await response.Content.ReadAsStringAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(15), Cancellation);

        Assert.EndsWith("event: end\ndata: {\"reason\":\"key_revoked\"}\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cursor_of_another_history_begins_again_and_a_forged_one_is_refused()
    {
        await using var other = await RunningService.StartAsync(servers);
        var foreign = await FeedReader.OpenAsync(other);
        await foreign.UntilAsync("heartbeat");
        await foreign.DisposeAsync();

        using var refused = await FeedReader.SendAsync(_service, foreign.Cursor);
        using var forged = await FeedReader.SendAsync(_service, "AAAA");
        using var forbidden = await FeedReader.SendAsync(_service, null, "reader");

        Assert.Equal((400, 400, 403), ((int)refused.StatusCode, (int)forged.StatusCode, (int)forbidden.StatusCode));
    }
}
