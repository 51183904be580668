using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Enforcement;

[Collection(EnforcementCollection.Name)]
public sealed class DecisionTests(EnforcementService fixture)
{
    private const string Path = "/v1/decisions";

    private readonly RunningService _service = fixture.Service;

    private static string Item(string email, string outcome, string more = "") =>
        $$"""{ "identifier": {{Stops.Email(email)}}, "purpose": "marketing", "channel": "email", "outcome": "{{outcome}}"{{more}} }""";

    private Task<Answer> ReportAsync(params string[] items) =>
        _service.PostAsync(Path, $$"""{ "items": [ {{string.Join(", ", items)}} ] }""", "gate");

    private static IEnumerable<int> Statuses(Answer answer) =>
        answer.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("status").GetInt32());

    [Fact]
    public async Task What_a_gate_blocked_is_listed_with_the_opt_out_and_stands_in_its_trail()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        await _service.CheckEmailAsync(email);
        var reported = await ReportAsync(Item(email, "blocked"), Item(email, "cancelled", """, "messageId": "m-1" """));

        var list = await _service.GetAsync($"/v1/opt-outs/{stop.Id}/decisions", "auditor");
        var trail = await _service.GetAsync($"/v1/opt-outs/{stop.Id}/trail", "auditor");

        Assert.Equal(207, reported.Status);
        Assert.Equal([201, 201], Statuses(reported));
        var decisions = list.Json.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal(["blocked check", "blocked gate", "cancelled gate"],
            decisions.Select(d => $"{d.Text("outcome")} {d.Text("mode")}"));
        Assert.Equal("m-1", decisions[2].Text("messageId"));
        Assert.Equal(stop.Json.Text("occurredAt"), decisions[0].Text("effectiveFrom"));
        Assert.Equal(["blocked_by_check", "blocked_by_gate", "cancelled_by_gate"],
            trail.Json.GetProperty("data").EnumerateArray().Where(item => item.Text("kind") == "decided")
                .Select(item => item.Text("outcome")).Order());
    }

    /// <summary>LESSONS 24: mail already queued went out after the stop.</summary>
    [Fact]
    public async Task A_message_that_left_after_the_press_is_stored_and_one_that_left_before_is_not()
    {
        var email = Stops.NewEmail();
        var press = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        string At(DateTimeOffset at) => $", \"at\": \"{at:yyyy-MM-ddTHH:mm:ss.fffZ}\"";
        var stop = await _service.PostAsync("/v1/opt-outs",
            Stops.Body(Stops.Email(email)).TrimEnd()[..^1] + At(press).Replace("\"at\"", "\"occurredAt\"", StringComparison.Ordinal) + "}");
        Assert.Equal(201, stop.Status);

        var reported = await ReportAsync(
            Item(email, "sent", At(press.AddMinutes(-1))), Item(email, "sent", At(press.AddMinutes(1))));

        Assert.Equal([200, 201], Statuses(reported));
        Assert.Equal(1, await _service.DecisionsAsync(stop.Raw(), "sent"));
    }

    [Fact]
    public async Task A_report_is_stored_against_the_version_that_stood_at_its_time()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        var during = TimeProvider.System.GetUtcNow();
        await _service.ReverseAsync(stop.Id, await _service.TokenAsync(Stops.Email(email)), version: 1);
        var lifted = TimeProvider.System.GetUtcNow();

        var reported = await ReportAsync(
            Item(email, "sent", $", \"at\": \"{during:O}\""), Item(email, "sent", $", \"at\": \"{lifted.AddMilliseconds(5):O}\""));

        Assert.Equal([201, 200], Statuses(reported));
    }

    [Fact]
    public async Task The_same_report_twice_is_stored_once()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        var item = Item(email, "sent", """, "messageId": "<ada@example.com>" """);

        Assert.Equal([201, 200], Statuses(await ReportAsync(item, item)));
        Assert.Equal([200], Statuses(await ReportAsync(item)));

        Assert.Equal(1, await _service.DecisionsAsync(stop.Raw(), "sent"));
        // A message id may quote the person it went to.
        Assert.StartsWith("hmac:", await _service.ScalarAsync<string>(
            "SELECT message_id FROM optout.decision WHERE opt_out_id = $1", stop.Raw()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_reports_are_named_one_by_one_and_do_not_stop_the_others()
    {
        var email = Stops.NewEmail();
        await _service.StopEmailAsync(email);

        var answer = await ReportAsync(
            Item(email, "lost"), Item("no address", "sent"), Item(email, "sent", """, "at": "2999-01-01T00:00:00Z" """),
            Item(email, "sent", """, "mode": "filter" """), Item(email, "sent", ", \"surplus\": 1"), Item(email, "blocked"));

        Assert.Equal([422, 422, 422, 422, 400, 201], Statuses(answer));
        Assert.Equal("/identifier", answer.Json.GetProperty("items")[1].GetProperty("problem").GetProperty("errors")[0].Text("pointer"));
        Assert.DoesNotContain("no address", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_on_record_cannot_be_changed_or_taken_away()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        await _service.CheckEmailAsync(email);

        foreach (var sql in (string[])["UPDATE optout.decision SET outcome = 'sent'", "DELETE FROM optout.decision", "TRUNCATE optout.decision"])
            Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => _service.RunAsync(sql))).SqlState);
        Assert.Equal(1, await _service.DecisionsAsync(stop.Raw()));
    }

    [Fact]
    public async Task Goes_are_counted_and_not_stored()
    {
        var email = Stops.NewEmail();
        await _service.CheckEmailAsync(email, "research", "post");
        await using var other = await _service.StartReplicaAsync();
        await _service.ShareKeyAsync("gate", other);
        await other.CheckEmailAsync(email, "research", "post");
        await other.StopAsync();

        Assert.Equal(1, await _service.ScalarAsync<long>(
            "SELECT sum(go)::bigint FROM optout.decision_tally WHERE purpose = 'research' AND channel = 'post'"));
        Assert.Equal(0, await _service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.decision WHERE purpose = 'research' AND channel = 'post'"));
    }

    [Fact]
    public async Task The_list_of_an_unknown_opt_out_is_not_found_and_pages_go_on_from_a_cursor()
    {
        var missing = await _service.GetAsync("/v1/opt-outs/oo_01998a6f0c2e7d5b9a3f4e21c0d7b865/decisions");
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        await _service.CheckAsync([.. Enumerable.Repeat(Asks.Item(Stops.Email(email)), 3)]);

        var first = await _service.GetAsync($"/v1/opt-outs/{stop.Id}/decisions?limit=2");
        var second = await _service.GetAsync(
            $"/v1/opt-outs/{stop.Id}/decisions?limit=2&cursor={first.Json.Text("nextCursor")}");

        Assert.Equal(404, missing.Status);
        Assert.Equal((2, 1), (first.Json.GetProperty("data").GetArrayLength(), second.Json.GetProperty("data").GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, second.Json.GetProperty("nextCursor").ValueKind);
    }
}
