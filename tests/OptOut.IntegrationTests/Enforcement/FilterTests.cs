using System.Security.Cryptography;
using System.Text;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Enforcement;

[Collection(EnforcementCollection.Name)]
public sealed class FilterTests(EnforcementService fixture, Servers servers)
{
    private const string Path = "/v1/suppressions/filter?purpose=marketing&channel=email";

    private readonly RunningService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Line(string email, string more = "") => $$"""{"type":"email","value":"{{email}}"{{more}}}""";

    [Fact]
    public async Task What_may_be_used_comes_out_byte_for_byte_and_in_order_and_the_counts_come_last()
    {
        var (stopped, first, last) = (Stops.NewEmail(), Stops.NewEmail(), Stops.NewEmail());
        var stop = await _service.StopEmailAsync(stopped);
        var one = " { \"value\" : \"" + first + "\",\t\"type\":\"email\", \"däta\":[1,{\"type\":7}] }\r\n";

        var answer = await _service.FilterAsync(one + Line(stopped) + "\n" + Line(stopped, ",\"n\":2") + "\n" + Line(last));

        Assert.Equal(200, answer.Status);
        Assert.Equal(one + Line(last), answer.Text);
        Assert.Equal((2, 2, 0), (answer.Passed, answer.Stopped, answer.Unreadable));
        Assert.Equal(2, await _service.DecisionsAsync(stop.Raw()));
        Assert.Equal(1, await _service.ScalarAsync<long>(
            "SELECT count(DISTINCT ledger_entry_id) FROM optout.decision WHERE opt_out_id = $1", stop.Raw()));
    }

    [Fact]
    public async Task A_line_that_cannot_be_read_is_never_passed_on()
    {
        var good = Line(Stops.NewEmail()) + "\n";
        string[] bad =
        [
            "", "{", "[]", "7", "null", Line("no address"), """{"type":"fax","value":"1"}""", """{"value":"a@example.com"}""",
            """{"type":"email"}""", """{"type":"email","value":"a@example.com","value":"b@example.com"}""",
            """{"type":"email","value":7}""", Line("a@example.com") + Line("b@example.com"),
            Line("a@example.com", $",\"pad\":\"{new string('x', 70_000)}\""), Line("a@example.com", ",\"subjectId\":\"sub_1\""),
            $$"""{"hash":"{{new string('a', 64)}}","keyId":"k00000000"}""", """{"hash":"ab","keyId":"k"}""",
            Line("a@example.com", ",\"deep\":" + new string('[', 40) + new string(']', 40)),
        ];
        var bytes = new List<byte>(Encoding.UTF8.GetBytes(good + string.Concat(bad.Select(line => line + "\n"))));
        bytes.AddRange([.. Encoding.ASCII.GetBytes("{\"type\":\"email\",\"value\":\"a@example.com\",\"x\":\""), 0xFF, .. "\"}\n"u8]);
        bytes.AddRange(Encoding.UTF8.GetBytes(good));

        var answer = await _service.FilterAsync([.. bytes]);

        Assert.Equal(good + good, answer.Text);
        Assert.Equal((2, 0, bad.Length + 1), (answer.Passed, answer.Stopped, answer.Unreadable));
    }

    [Fact]
    public async Task Lines_that_the_caller_hashed_under_the_feed_key_are_judged_too()
    {
        var stopped = Stops.NewEmail();
        await _service.StopEmailAsync(stopped);
        await using var feed = await FeedReader.OpenAsync(_service);
        var key = feed.Hello.GetProperty("keys")[0];
        string Hash(string value) => Convert.ToHexStringLower(HMACSHA256.HashData(
            key.GetProperty("key").GetBytesFromBase64(), Encoding.UTF8.GetBytes($"email\0{value}")));
        string Hashed(string value, string more = "") =>
            $$"""{"hash":"{{Hash(value)}}","keyId":"{{key.Text("keyId")}}"{{more}}}""" + "\n";
        var tagged = stopped.Replace("@", "+shop@", StringComparison.Ordinal);

        var answer = await _service.FilterAsync(
            Hashed(stopped) + Hashed("nobody@example.com") + Hashed(tagged, $",\"untaggedHash\":\"{Hash(stopped)}\""));

        Assert.Equal(Hashed("nobody@example.com"), answer.Text);
        Assert.Equal((1, 2, 0), (answer.Passed, answer.Stopped, answer.Unreadable));
    }

    [Fact]
    public async Task A_line_comes_out_before_the_next_one_goes_in_and_a_stop_holds_in_the_middle_of_a_stream()
    {
        var (email, other) = (Stops.NewEmail(), Stops.NewEmail());
        await using var lines = await RawLines.OpenAsync(_service, Path, "gate");
        await lines.LineAsync(Line(email, ",\"n\":1"));
        Assert.True(await lines.UntilAsync(Line(email, ",\"n\":1")));

        await _service.StopEmailAsync(email);
        await lines.LineAsync(Line(email, ",\"n\":2"));
        await lines.LineAsync(Line(other));
        await lines.EndAsync();

        Assert.True(await lines.UntilAsync("OptOut-Unreadable: 0\r\n\r\n"));
        Assert.Contains(Line(other), lines.Seen, StringComparison.Ordinal);
        Assert.DoesNotContain(Line(email, ",\"n\":2"), lines.Seen, StringComparison.Ordinal);
        Assert.Contains("\r\n0\r\nOptOut-Passed: 2\r\nOptOut-Stopped: 1\r\n", lines.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_stream_keeps_its_order_and_all_of_its_lines()
    {
        const int Count = 60_000;
        var stopped = Enumerable.Range(0, 5).Select(_ => Stops.NewEmail()).ToArray();
        foreach (var email in stopped)
            await _service.StopEmailAsync(email);
        var lines = Enumerable.Range(0, Count)
            .Select(i => Line(i % 1_000 == 7 ? stopped[i / 1_000 % 5] : $"free-{i}@example.com", $",\"n\":{i}") + "\n").ToArray();

        var answer = await _service.FilterAsync(string.Concat(lines));

        Assert.Equal(string.Concat(lines.Where((_, i) => i % 1_000 != 7)), answer.Text);
        Assert.Equal((Count - 60, 60, 0), (answer.Passed, answer.Stopped, answer.Unreadable));
    }

    /// <summary>LESSONS 23: what could not be looked up counted as not suppressed.</summary>
    [Fact]
    public async Task A_database_that_fails_in_the_middle_breaks_the_answer_off_and_passes_nothing_on()
    {
        await using var postgres = await PrivatePostgres.StartAsync();
        await using var service = await RunningService.StartAsync(postgres.Databases);
        var (first, second) = (Stops.NewEmail(), Stops.NewEmail());
        await using var lines = await RawLines.OpenAsync(service, Path, "gate");
        await lines.LineAsync(Line(first));
        Assert.True(await lines.UntilAsync(Line(first)));

        await postgres.Server.StopAsync();
        await lines.LineAsync(Line(second));

        Assert.False(await lines.UntilAsync(Line(second)));
        Assert.DoesNotContain("\r\n0\r\n", lines.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_from_the_start_is_a_plain_refusal()
    {
        await using var postgres = await PrivatePostgres.StartAsync();
        await using var service = await RunningService.StartAsync(postgres.Databases);
        await service.KeyOfAsync("gate");
        Assert.Equal(200, (await service.FilterAsync(Line(Stops.NewEmail()))).Status);
        await postgres.Server.StopAsync();

        var refused = await service.FilterAsync(Line(Stops.NewEmail()));

        Assert.Equal(503, refused.Status);
        Assert.Null(refused.Passed);
    }

    [Fact]
    public async Task A_client_that_hangs_up_leaves_nothing_behind()
    {
        var email = Stops.NewEmail();
        await _service.StopEmailAsync(email);
        for (var round = 0; round < 5; round++)
        {
            var lines = await RawLines.OpenAsync(_service, Path, "gate");
            await lines.LineAsync(Line(Stops.NewEmail()));
            await lines.DisposeAsync();
        }

        Assert.Equal(1, (await _service.FilterAsync(Line(email))).Stopped);
    }

    [Fact]
    public async Task A_filter_needs_a_known_scope_the_role_of_a_gate_and_lines()
    {
        var line = Encoding.UTF8.GetBytes(Line("a@example.com"));
        Assert.Equal(400, (await _service.FilterAsync(line, "purpose=marketing.unheard_of&channel=email")).Status);
        Assert.Equal(400, (await _service.FilterAsync(line, "purpose=marketing&channel=fax")).Status);
        Assert.Equal(400, (await _service.FilterAsync(line, "purpose=marketing")).Status);
        Assert.Equal(403, (await _service.FilterAsync(line, role: "recorder")).Status);
        using var json = new ByteArrayContent(line);
        json.Headers.ContentType = new("application/json");
        using var refused = await _service.OpenFilterAsync(json);
        Assert.Equal(415, (int)refused.StatusCode);
        Assert.Equal((0, 0, 0), await EmptyAsync());

        async Task<(long?, long?, long?)> EmptyAsync()
        {
            var empty = await _service.FilterAsync([], "purpose=marketing&channel=any");
            return (empty.Passed, empty.Stopped, empty.Unreadable);
        }
    }

    [Fact]
    public async Task A_filter_over_its_keys_questions_is_slowed_down_and_not_cut_off()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Enforcement:QuestionsPerMinute=1000");
        var lines = string.Concat(Enumerable.Range(0, 1_000).Select(i => Line($"p{i}@example.com") + "\n"));
        Assert.Equal(1_000, (await service.FilterAsync(lines)).Passed);

        var waiting = service.FilterAsync(Line("one.more@example.com"));

        await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(300), Cancellation));
        Assert.False(waiting.IsCompleted);
    }
}
