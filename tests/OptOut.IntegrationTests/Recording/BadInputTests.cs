using System.Net.Http.Headers;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>Each refusal is a whole problem document that repeats nothing of what was sent, and records nothing.</summary>
[Collection(RecordingCollection.Name)]
public sealed class BadInputTests(RecordingService recording)
{
    private const string Marked = "marked.person@example.com";
    private const string Person = $$"""{ "identifiers": [ { "type": "email", "value": "{{Marked}}" } ] }""";
    private const string Good = $$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" } }""";

    private RunningService Service => recording.Service;

    [Theory]
    [InlineData("", "invalid_json")]
    [InlineData("{", "invalid_json")]
    [InlineData(Good + "x", "invalid_json")]
    [InlineData(Good + Good, "invalid_json")]
    [InlineData("null", "wrong_type")]
    [InlineData("[]", "wrong_type")]
    [InlineData("\"" + Marked + "\"", "wrong_type")]
    [InlineData($$"""{ "subject": "{{Marked}}", "scope": { "purpose": "marketing" } }""", "wrong_type")]
    [InlineData($$"""{ "subject": {{Person}}, "subject": {{Person}}, "scope": { "purpose": "marketing" } }""", "duplicate_member")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing", "purpose": "all" } }""", "duplicate_member")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "{{Marked}}": 1 }""", "unknown_member")]
    [InlineData($$"""{ "subject": { "identifiers": [ { "type": "user_id", "value": "{{Marked}}\u0000" } ] }, "scope": { "purpose": "marketing" } }""", "null_character")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "occurredAt": 1700000000 }""", "wrong_type")]
    public async Task A_body_that_cannot_be_read_is_400(string body, string code) =>
        await AssertRefusedAsync(400, code, await Service.PostAsync("/v1/opt-outs", body));

    /// <summary>T16: what is ours to say cannot be sent.</summary>
    [Theory]
    [InlineData("\"version\": 7")]
    [InlineData("\"recordedAt\": \"2026-01-01T00:00:00.000Z\"")]
    [InlineData("\"state\": \"opted_in\"")]
    [InlineData("\"id\": \"oo_00000000000000000000000000000000\"")]
    [InlineData("\"synthetic\": true")]
    [InlineData("\"recordHash\": \"x\"")]
    [InlineData("\"tenant\": \"x\"")]
    [InlineData("\"Subject\": {}")]
    public async Task Nobody_sets_what_only_the_service_says(string member) =>
        await AssertRefusedAsync(400, "unknown_member",
            await Service.PostAsync("/v1/opt-outs", Good.TrimEnd()[..^1] + $", {member} }}"));

    [Theory]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "occurredAt": "yesterday" }""", "/occurredAt", "invalid_value")]
    [InlineData("{ }", "/subject", "required")]
    [InlineData($$"""{ "subject": {{Person}} }""", "/scope", "required")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { } }""", "/scope/purpose", "required")]
    [InlineData("""{ "subject": { }, "scope": { "purpose": "marketing" } }""", "/subject", "subject_ambiguous")]
    [InlineData($$"""{ "subject": { "id": "sub_00000000000000000000000000000000", "identifiers": [] }, "scope": { "purpose": "marketing" } }""", "/subject", "subject_ambiguous")]
    [InlineData("""{ "subject": { "id": "oo_1" }, "scope": { "purpose": "marketing" } }""", "/subject/id", "id_malformed")]
    [InlineData("""{ "subject": { "identifiers": [] }, "scope": { "purpose": "marketing" } }""", "/subject/identifiers", "identifier_count")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "nonsense" } }""", "/scope/purpose", "purpose_unknown")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "Marketing" } }""", "/scope/purpose", "purpose_unknown")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing", "channel": "pigeon" } }""", "/scope/channel", "channel_unknown")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "occurredAt": "2999-01-01T00:00:00Z" }""", "/occurredAt", "occurred_at_in_future")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "occurredAt": "1200-01-01T00:00:00Z" }""", "/occurredAt", "occurred_at_absurd")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "actor": { "type": "robot" } }""", "/actor/type", "actor_type_unknown")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "actor": { "type": "subject", "id": "{{Marked}}" } }""", "/actor/id", "actor_id_malformed")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "origin": { "method": "telepathy" } }""", "/origin/method", "origin_method_unknown")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "origin": { "system": "{{Marked}}" } }""", "/origin/system", "origin_system_malformed")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "reason": { "code": "{{Marked}}" } }""", "/reason/code", "reason_malformed")]
    [InlineData($$"""{ "subject": {{Person}}, "scope": { "purpose": "marketing" }, "regime": "{{Marked}}" }""", "/regime", "regime_malformed")]
    public async Task Content_that_breaks_a_rule_is_422_with_its_place(string body, string place, string code)
    {
        var answer = await Service.PostAsync("/v1/opt-outs", body);

        await AssertRefusedAsync(422, "validation_failed", answer);
        Assert.Contains((place, code), answer.Json.GetProperty("errors").EnumerateArray()
            .Select(error => (error.Text("pointer"), error.Text("code"))));
    }

    [Theory]
    [InlineData("email", "", "identifier_empty")]
    [InlineData("email", "   ", "identifier_empty")]
    [InlineData("email", "marked.person.example.com", "identifier_unparsable")]
    [InlineData("email", "marked.person@", "identifier_unparsable")]
    [InlineData("email", "marked.person@example.com\\u0007x", "identifier_control_character")]
    [InlineData("email", "marked.person\\u202e@example.com", "identifier_control_character")]
    [InlineData("email", "m\\u0430rked.person@example.com", "identifier_mixed_script")]
    [InlineData("phone", "marked.person", "identifier_unparsable")]
    [InlineData("phone", "0207 946 0958", "phone_region_missing")]
    [InlineData("user_id", "marked\\u0085person", "identifier_control_character")]
    [InlineData("device_id", "00000000-0000-0000-0000-000000000000", "identifier_not_distinct")]
    [InlineData("marked.person", "x", "identifier_type_unknown")]
    public async Task An_identifier_that_cannot_be_one_is_422(string type, string value, string code)
    {
        var answer = await Service.PostAsync("/v1/opt-outs",
            Stops.Body($$"""{ "type": "{{type}}", "value": "{{value}}" }"""));

        await AssertRefusedAsync(422, "validation_failed", answer);
        Assert.Equal(code, answer.Json.GetProperty("errors")[0].Text("code"));
    }

    [Theory]
    [InlineData("email")]
    [InlineData("user_id")]
    public async Task An_identifier_of_more_than_320_characters_is_422(string type)
    {
        var answer = await Service.PostAsync("/v1/opt-outs",
            Stops.Body($$"""{ "type": "{{type}}", "value": "{{new string('m', 310)}}@example.com" }"""));

        await AssertRefusedAsync(422, "validation_failed", answer);
        Assert.Equal("identifier_too_long", answer.Json.GetProperty("errors")[0].Text("code"));
    }

    [Fact]
    public async Task Every_fault_is_told_at_once()
    {
        var answer = await Service.PostAsync("/v1/opt-outs",
            """
            { "subject": { "identifiers": [ { "type": "email", "value": "x" }, { "type": "shoe", "value": "44" } ] },
              "scope": { "purpose": "nonsense", "channel": "pigeon" }, "regime": "no regime" }
            """);

        Assert.Equal(
            ["/subject/identifiers/0/value", "/subject/identifiers/1/type", "/scope/channel", "/scope/purpose", "/regime"],
            answer.Json.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")));
    }

    [Fact]
    public async Task A_record_of_more_than_64_kibibytes_is_413()
    {
        await AssertRefusedAsync(413, "body_too_large",
            await Service.PostAsync("/v1/opt-outs", Good + new string(' ', 64 * 1024)));
        var fitting = Stops.Body(Stops.Email(Stops.NewEmail()));
        Assert.Equal(201, (await Service.PostAsync("/v1/opt-outs", fitting.PadRight(64 * 1024))).Status);
    }

    [Fact]
    public async Task A_body_without_a_length_is_bounded_too()
    {
        using var endless = new MemoryStream(Encoding.UTF8.GetBytes(Good + new string(' ', 200_000)));
        using var content = new StreamContent(endless);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentLength = null;

        await AssertRefusedAsync(413, "body_too_large",
            await Service.SendAsync(HttpMethod.Post, "/v1/opt-outs", content, "recorder"));
    }

    [Fact]
    public async Task More_than_32_levels_are_400() =>
        await AssertRefusedAsync(400, "too_deep", await Service.PostAsync("/v1/opt-outs",
            $$"""{ "subject": {{new string('[', 100_0)}}{{new string(']', 100_0)}} }"""));

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_400()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes(Good)];
        body[body.AsSpan().IndexOf("marked"u8)] = 0xC3;
        await AssertRefusedAsync(400, "invalid_encoding", await SendAsync(body, "application/json"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/xml")]
    public async Task Another_content_type_is_415(string type) =>
        await AssertRefusedAsync(415, "unsupported_media_type", await SendAsync(Encoding.UTF8.GetBytes(Good), type));

    [Fact]
    public async Task A_compressed_body_is_415()
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Good));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add("gzip");

        await AssertRefusedAsync(415, "unsupported_media_type",
            await Service.SendAsync(HttpMethod.Post, "/v1/opt-outs", content, "recorder"));
    }

    /// <summary>T42: a key stands in the header or nowhere.</summary>
    [Fact]
    public async Task A_key_in_the_query_string_opens_nothing()
    {
        using var content = new StringContent(Good, Encoding.UTF8, "application/json");
        var answer = await Service.SendAsync(
            HttpMethod.Post, "/v1/opt-outs?key=" + await Service.KeyOfAsync("recorder"), content, "");

        Assert.Equal("unauthenticated", answer.Code);
        Assert.DoesNotContain(await Service.KeyOfAsync("recorder"), answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reader")]
    [InlineData("gate")]
    [InlineData("operator")]
    [InlineData("auditor")]
    [InlineData("admin")]
    public async Task A_key_without_the_role_is_told_which_it_needs(string role)
    {
        var answer = await Service.PostAsync("/v1/opt-outs", Good, role);

        await AssertRefusedAsync(403, "scope_missing", answer);
        Assert.Contains("recorder", answer.Json.Text("detail"), StringComparison.Ordinal);
    }

    private async Task<Answer> SendAsync(byte[] body, string type)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await Service.SendAsync(HttpMethod.Post, "/v1/opt-outs", content, "recorder");
    }

    private async Task AssertRefusedAsync(int status, string code, Answer answer)
    {
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal("application/problem+json", answer.ContentType);
        var problem = answer.Json;
        string[] members = ["type", "title", "status", "detail", "instance", "code", "requestId", "traceId"];
        Assert.Equal(problem.TryGetProperty("errors", out _) ? [.. members, "errors"] : members,
            problem.EnumerateObject().Select(member => member.Name));
        Assert.EndsWith("#" + code, problem.Text("type"), StringComparison.Ordinal);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal("/v1/opt-outs", problem.Text("instance"));
        Assert.Equal(answer.Header("Request-Id"), problem.Text("requestId"));
        Assert.DoesNotContain("marked", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(404, (await Service.PostAsync("/v1/subjects/lookup",
            $$"""{ "identifier": { "type": "email", "value": "{{Marked}}" } }""", "reader")).Status);
    }
}
