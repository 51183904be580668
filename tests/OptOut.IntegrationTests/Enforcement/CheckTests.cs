using System.Globalization;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Enforcement;

[Collection(EnforcementCollection.Name)]
public sealed class CheckTests(EnforcementService fixture, Servers servers)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_stop_is_answered_with_the_version_and_scope_that_cover_it()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);

        var item = await _service.CheckEmailAsync(email.ToUpperInvariant(), "marketing.newsletter");

        Assert.Equal("stop", item.Decision());
        Assert.Equal(stop.Id, item.Text("optOutId"));
        Assert.Equal(1, item.GetProperty("version").GetInt32());
        Assert.Equal("""{"purpose":"marketing","channel":"any"}""", item.GetProperty("coveredBy").GetRawText());
    }

    [Fact]
    public async Task An_answer_says_as_of_when_and_never_goes_back_in_sequence()
    {
        var first = await _service.CheckAsync(Asks.Item(Stops.Email(Stops.NewEmail())));
        await _service.StopEmailAsync(Stops.NewEmail());
        var second = await _service.CheckAsync(Asks.Item(Stops.Email(Stops.NewEmail())));

        Assert.True(second.Json.GetProperty("asOf").GetDateTimeOffset() > first.Json.GetProperty("asOf").GetDateTimeOffset());
        Assert.True(Sequence(second) >= Sequence(first));

        static ulong Sequence(Answer answer) => ulong.Parse(answer.Json.Text("sequence"), CultureInfo.InvariantCulture);
    }

    /// <summary>T08: who asks cannot tell whether a person is known.</summary>
    [Fact]
    public async Task Somebody_unknown_and_somebody_under_no_stop_get_the_same_answer()
    {
        var known = Stops.NewEmail();
        await _service.StopEmailAsync(known, "research");

        var ofKnown = await _service.CheckEmailAsync(known);
        var ofNobody = await _service.CheckEmailAsync(Stops.NewEmail());

        Assert.Equal("""{"decision":"go","optOutId":null,"version":null,"coveredBy":null}""", ofKnown.GetRawText());
        Assert.Equal(ofKnown.GetRawText(), ofNobody.GetRawText());
    }

    /// <summary>LESSONS 26: "stop all" missed a channel.</summary>
    [Theory]
    [InlineData("email")]
    [InlineData("sms")]
    [InlineData("phone")]
    [InlineData("post")]
    [InlineData("push")]
    [InlineData("ads")]
    [InlineData("any")]
    public async Task A_stop_of_everything_misses_no_channel(string channel)
    {
        var email = Stops.NewEmail();
        await _service.StopEmailAsync(email, "all");

        Assert.Equal("stop", (await _service.CheckEmailAsync(email, "marketing.newsletter", channel)).Decision());
        Assert.Equal("stop", (await _service.CheckEmailAsync(email, "ai_training", channel)).Decision());
    }

    /// <summary>LESSONS 26: a newsletter stop blocked password resets.</summary>
    [Fact]
    public async Task A_narrower_stop_blocks_nothing_beside_or_above_it()
    {
        var email = Stops.NewEmail();
        await _service.StopEmailAsync(email, "marketing.newsletter", "email");

        Assert.Equal("stop", (await _service.CheckEmailAsync(email, "marketing.newsletter")).Decision());
        Assert.Equal("go", (await _service.CheckEmailAsync(email, "marketing.newsletter", "sms")).Decision());
        Assert.Equal("go", (await _service.CheckEmailAsync(email, "marketing")).Decision());
        Assert.Equal("go", (await _service.CheckEmailAsync(email, "service_messages")).Decision());
    }

    /// <summary>LESSONS 12: the stop missed because the address was written in another way.</summary>
    [Fact]
    public async Task A_stop_on_the_untagged_address_covers_its_tagged_forms_and_not_the_other_way_round()
    {
        var name = Stops.NewEmail().Split('@')[0];
        await _service.StopEmailAsync($"{name}@example.com");
        await _service.StopEmailAsync($"{name}x+news@example.com");

        Assert.Equal("stop", (await _service.CheckEmailAsync($" {name.ToUpperInvariant()}+Shop@EXAMPLE.com. ")).Decision());
        Assert.Equal("stop", (await _service.CheckEmailAsync($"{name}x+NEWS@example.com")).Decision());
        Assert.Equal("go", (await _service.CheckEmailAsync($"{name}x@example.com")).Decision());
        Assert.Equal("go", (await _service.CheckEmailAsync($"{name}x+other@example.com")).Decision());
    }

    /// <summary>LESSONS 23: what could not be looked up counted as not suppressed.</summary>
    [Fact]
    public async Task What_cannot_be_read_is_unknown_and_never_go()
    {
        string[] items =
        [
            Asks.Item("""{ "type": "email", "value": "no address" }"""),
            Asks.Item("""{ "type": "fax", "value": "1" }"""),
            Asks.Item("""{ "type": "email" }"""),
            Asks.Item(Stops.Email(Stops.NewEmail()), purpose: "marketing.unheard_of"),
            Asks.Item(Stops.Email(Stops.NewEmail()), purpose: "No Purpose"),
            Asks.Item(Stops.Email(Stops.NewEmail()), channel: "fax"),
            """{ "purpose": "marketing", "channel": "email" }""",
            """{ "identifier": { "type": "email", "value": "a@example.com" }, "purpose": "marketing" }""",
            """{ "subjectId": "sub_1", "purpose": "marketing", "channel": "email" }""",
            """{ "subjectId": 7, "purpose": "marketing", "channel": "email" }""",
            """{ "subjectId": "sub_01998a6f0c2e7aa48d1b6f3c5e9d2070", "purpose": "marketing", "channel": "email", "extra": 1 }""",
            $$"""{ "identifier": { "hash": "{{new string('0', 64)}}", "keyId": "k0" }, "purpose": "marketing", "channel": "email" }""",
        ];

        var answer = await _service.CheckAsync(items);

        Assert.All(answer.Decisions(), decision => Assert.Equal("unknown", decision));
        Assert.Equal(
            ["identifier_unreadable", "identifier_unreadable", "identifier_unreadable", "purpose_unknown", "purpose_unknown",
                "channel_unknown", "subject_ambiguous", "channel_unknown", "subject_malformed", "item_unreadable",
                "item_unreadable", "feed_key_unknown"],
            answer.Json.GetProperty("items").EnumerateArray().Select(item => item.Text("code")));
    }

    [Fact]
    public async Task Every_stop_is_on_record_before_it_is_answered_and_under_one_leaf_for_the_request()
    {
        var (first, second) = (Stops.NewEmail(), Stops.NewEmail());
        var one = (await _service.StopEmailAsync(first)).Raw();
        var other = (await _service.StopEmailAsync(second)).Raw();

        await _service.CheckAsync(Asks.Item(Stops.Email(first)), Asks.Item(Stops.Email(Stops.NewEmail())),
            Asks.Item(Stops.Email(second)));

        Assert.Equal(1, await _service.DecisionsAsync(one));
        Assert.Equal(1, await _service.ScalarAsync<long>(
            "SELECT count(DISTINCT ledger_entry_id) FROM optout.decision WHERE opt_out_id = ANY ($1)", new[] { one, other }));
        Assert.Equal("decided", await _service.ScalarAsync<string>(
            """
            SELECT convert_from(l.leaf, 'UTF8')::jsonb ->> 'kind' FROM ledger.leaf l
            JOIN optout.decision d ON d.ledger_entry_id = l.entry_id WHERE d.opt_out_id = $1
            """, one));
    }

    [Fact]
    public async Task Merged_people_are_stopped_by_each_others_stops()
    {
        var (email, user) = (Stops.NewEmail(), Stops.NewUserId());
        await _service.StopEmailAsync(email, "research");
        await _service.StopAsync(Stops.UserId(user), "analytics");
        var person = await _service.PostAsync("/v1/subjects/lookup", $$"""{ "identifier": {{Stops.Email(email)}} }""");
        var merged = await _service.PostAsync($"/v1/subjects/{person.Id}/identifiers", Stops.UserId(user), "operator");
        Assert.Equal(200, merged.Status);

        Assert.Equal("stop", (await _service.CheckEmailAsync(email, "analytics")).Decision());
        var other = await _service.CheckAsync(Asks.Item(Stops.UserId(user), "research"),
            $$"""{ "subjectId": "{{person.Id}}", "purpose": "analytics", "channel": "sms" }""");
        Assert.All(other.Decisions(), decision => Assert.Equal("stop", decision));
    }

    [Fact]
    public async Task A_reversal_lets_go_again()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        await _service.ReverseAsync(stop.Id, await _service.TokenAsync(Stops.Email(email)), version: 1);

        Assert.Equal("go", (await _service.CheckEmailAsync(email)).Decision());
    }

    [Fact]
    public async Task A_check_on_any_replica_knows_what_another_one_has_answered()
    {
        await using var other = await _service.StartReplicaAsync();
        await _service.ShareKeyAsync("gate", other);
        for (var round = 0; round < 20; round++)
        {
            var email = Stops.NewEmail();
            await _service.StopEmailAsync(email);
            Assert.Equal("stop", (await other.CheckEmailAsync(email)).Decision());
        }
    }

    [Fact]
    public async Task A_purpose_made_on_another_replica_is_known_at_once()
    {
        await using var other = await _service.StartReplicaAsync();
        await _service.ShareKeyAsync("gate", other);
        await other.CheckEmailAsync(Stops.NewEmail());
        await _service.PutPurposeAsync("marketing.made_elsewhere");

        Assert.Equal("go", (await other.CheckEmailAsync(Stops.NewEmail(), "marketing.made_elsewhere")).Decision());
    }

    [Fact]
    public async Task Who_has_not_the_role_of_a_gate_is_refused()
    {
        var refused = await _service.PostAsync(Asks.CheckPath,
            $$"""{ "items": [ {{Asks.Item(Stops.Email("a@example.com"))}} ] }""", "recorder");

        Assert.Equal((403, "scope_missing"), (refused.Status, refused.Code));
    }

    /// <summary>T08: enumeration is bounded for each key, and said.</summary>
    [Fact]
    public async Task A_key_that_asks_too_much_is_told_to_wait_and_others_are_not()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Enforcement:QuestionsPerMinute=1000");
        var thousand = Enumerable.Range(0, 999).Select(_ => Asks.Item(Stops.Email(Stops.NewEmail()))).ToArray();

        var allowed = await service.CheckAsync(thousand);
        var last = await service.CheckAsync(thousand[0]);
        var refused = await service.CheckAsync(thousand[0]);
        var other = await service.PostAsync(Asks.CheckPath, $$"""{ "items": [ {{thousand[0]}} ] }""", "bootstrap");

        Assert.Equal((200, 200, 429, 200), (allowed.Status, last.Status, refused.Status, other.Status));
        Assert.StartsWith("\"questions\";r=1;t=", allowed.Header("RateLimit"), StringComparison.Ordinal);
        Assert.Equal("\"questions\";q=1000;w=60", refused.Header("RateLimit-Policy"));
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    /// <summary>LESSONS 11: a bypass flag ignored every stop and left no trace.</summary>
    [Fact]
    public async Task A_transactional_override_takes_a_role_and_an_overridable_purpose_and_is_recorded()
    {
        var email = Stops.NewEmail();
        var service = await _service.StopEmailAsync(email, "service_messages");
        string Question(string purpose) => $$"""
            { "items": [ { "identifier": {{Stops.Email(email)}}, "purpose": "{{purpose}}", "channel": "email",
                           "messageClass": "transactional" } ] }
            """;

        var refused = await _service.PostAsync(Asks.CheckPath, Question("service_messages"), "gate");
        var passed = await _service.PostAsync(Asks.CheckPath, Question("service_messages"), "gate+transactional");
        await _service.StopEmailAsync(email, "all", "email");
        var stopped = await _service.PostAsync(Asks.CheckPath, Question("service_messages"), "gate+transactional");

        Assert.Equal((403, "scope_missing"), (refused.Status, refused.Code));
        var item = passed.Json.GetProperty("items")[0];
        Assert.Equal("go", item.Decision());
        Assert.True(item.GetProperty("override").GetBoolean());
        Assert.Equal(service.Id, item.Text("optOutId"));
        Assert.Equal(1, await _service.DecisionsAsync(service.Raw(), "overridden"));
        Assert.Equal("stop", stopped.Json.GetProperty("items")[0].Decision());
    }

    [Fact]
    public async Task The_order_of_answers_is_the_order_of_questions_also_where_requests_meet()
    {
        var stopped = Stops.NewEmail();
        await _service.StopEmailAsync(stopped);
        var checks = Enumerable.Range(0, 40).Select(async i =>
        {
            var items = Enumerable.Range(0, 10).Select(k => Asks.Item(Stops.Email(k == i % 10 ? stopped : Stops.NewEmail())));
            var answer = await _service.CheckAsync([.. items]);
            return answer.Decisions().Select((d, k) => d == (k == i % 10 ? "stop" : "go")).All(right => right);
        });

        Assert.All(await Task.WhenAll(checks), Assert.True);
    }
}
