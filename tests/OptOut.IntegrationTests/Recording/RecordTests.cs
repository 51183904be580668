using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OptOut.IntegrationTests.Recording;

[Collection(RecordingCollection.Name)]
public sealed class RecordTests(RecordingService recording)
{
    [Fact]
    public async Task A_stop_is_201_with_its_version_as_etag_and_its_place_as_location()
    {
        var before = DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture);
        var answer = await recording.Service.PostAsync("/v1/opt-outs",
            $$"""
            { "subject": { "identifiers": [ {{Stops.Email(Stops.NewEmail())}} ] },
              "scope": { "purpose": "marketing", "channel": "email" },
              "actor": { "type": "agent", "id": "agent-7" }, "origin": { "system": "web-shop", "method": "agent" },
              "reason": { "code": "user_request" }, "regime": "gdpr", "occurredAt": "2026-01-01T01:00:00+01:00" }
            """);

        Assert.Equal(201, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("\"1\"", answer.Headers.ETag!.ToString());
        Assert.Equal("/v1/opt-outs/" + answer.Id, answer.Header("Location"));
        Assert.StartsWith("req_", answer.Header("Request-Id"), StringComparison.Ordinal);
        var record = answer.Json;
        Assert.Equal(
            ["id", "version", "subjectId", "scope", "state", "occurredAt", "recordedAt", "actor", "origin", "reason",
             "regime", "synthetic", "recordHash", "ledgerEntryId", "propagation"],
            record.EnumerateObject().Select(member => member.Name));
        Assert.Matches("^oo_[0-9a-f]{32}$", record.Text("id"));
        Assert.Matches("^sub_[0-9a-f]{32}$", record.Text("subjectId"));
        Assert.Matches("^[0-9a-f]{32}$", record.Text("ledgerEntryId"));
        Assert.Equal(32, Convert.FromBase64String(record.Text("recordHash")).Length);
        Assert.Equal("""{"purpose":"marketing","channel":"email"}""", record.GetProperty("scope").GetRawText());
        Assert.Equal("""{"type":"agent","id":"agent-7"}""", record.GetProperty("actor").GetRawText());
        Assert.Equal("""{"system":"web-shop","method":"agent"}""", record.GetProperty("origin").GetRawText());
        // The dialler has nothing to do: the person has no number. The mailer has.
        Assert.Equal("""{"state":"partial","overdue":false,"systems":2,"applied":0}""",
            record.GetProperty("propagation").GetRawText());
        Assert.Equal("2026-01-01T00:00:00.000Z", record.Text("occurredAt"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", record.Text("recordedAt"));
        Assert.True(record.GetProperty("recordedAt").GetDateTimeOffset() > before);
    }

    [Fact]
    public async Task Only_subject_and_purpose_are_required()
    {
        var answer = await recording.Service.PostAsync("/v1/opt-outs",
            $$"""{ "subject": { "identifiers": [ {{Stops.Email(Stops.NewEmail())}} ] }, "scope": { "purpose": "marketing" } }""");

        Assert.Equal(201, answer.Status);
        Assert.Equal("""{"purpose":"marketing","channel":"any"}""", answer.Json.GetProperty("scope").GetRawText());
        Assert.Equal("""{"type":"subject","id":null}""", answer.Json.GetProperty("actor").GetRawText());
        Assert.Equal("""{"system":"recorder","method":"api"}""", answer.Json.GetProperty("origin").GetRawText());
        Assert.Equal("user_request", answer.Json.GetProperty("reason").Text("code"));
        Assert.Equal(answer.Json.Text("recordedAt"), answer.Json.Text("occurredAt"));
    }

    [Fact]
    public async Task A_repeat_is_200_with_the_standing_record_no_new_version_no_delivery_and_one_leaf_more()
    {
        var email = Stops.NewEmail();
        var first = await recording.Service.StopEmailAsync(email);
        var again = await recording.Service.StopEmailAsync(" " + email.ToUpperInvariant() + " ");

        Assert.Equal(200, again.Status);
        Assert.Null(again.Header("Location"));
        Assert.Equal(first.Json.Text("recordHash"), again.Json.Text("recordHash"));
        Assert.Equal(first.Json.Text("recordedAt"), again.Json.Text("recordedAt"));
        Assert.Equal([1], await recording.Service.VersionsAsync(first.Raw()));
        Assert.Equal(1, await recording.Service.LeavesAsync(first.Raw(), "recorded"));
        Assert.Equal(1, await recording.Service.LeavesAsync(first.Raw(), "reaffirmed"));
    }

    [Fact]
    public async Task A_broader_stop_does_not_swallow_a_narrower_one()
    {
        var email = Stops.NewEmail();
        await recording.Service.StopEmailAsync(email, "all");
        var narrower = await recording.Service.StopEmailAsync(email, "marketing", "sms");

        Assert.Equal(201, narrower.Status);
        Assert.Equal(1, narrower.Version());
    }

    [Fact]
    public async Task What_was_answered_is_what_every_get_answers()
    {
        var stop = await recording.Service.StopEmailAsync(Stops.NewEmail(), "research");

        var newest = await recording.Service.GetAsync("/v1/opt-outs/" + stop.Id);
        var versions = await recording.Service.GetAsync($"/v1/opt-outs/{stop.Id}/versions");
        var ofSubject = await recording.Service.GetAsync($"/v1/subjects/{stop.Json.Text("subjectId")}/opt-outs");

        Assert.Equal(stop.Text, newest.Text);
        Assert.Equal("\"1\"", newest.Headers.ETag!.ToString());
        Assert.Equal($$"""{"data":[{{stop.Text}}],"nextCursor":null}""", versions.Text);
        Assert.Equal(versions.Text, ofSubject.Text);
    }

    [Fact]
    public async Task A_system_without_an_identifier_type_of_the_person_is_no_match_at_once()
    {
        var stop = await recording.Service.StopEmailAsync(Stops.NewEmail());

        Assert.Equal(["dialler no_match", "mailer"], await recording.Service.ToldAsync(stop.Raw(), 1));
    }

    [Fact]
    public async Task A_person_named_by_id_must_exist()
    {
        var stop = await recording.Service.StopEmailAsync(Stops.NewEmail());
        var known = await recording.Service.PostAsync("/v1/opt-outs",
            $$"""{ "subject": { "id": "{{stop.Json.Text("subjectId")}}" }, "scope": { "purpose": "profiling" } }""");
        var unknown = await recording.Service.PostAsync("/v1/opt-outs",
            $$"""{ "subject": { "id": "sub_{{Guid.Empty:N}}" }, "scope": { "purpose": "profiling" } }""");

        Assert.Equal(201, known.Status);
        Assert.Equal(stop.Json.Text("subjectId"), known.Json.Text("subjectId"));
        Assert.Equal(422, unknown.Status);
        Assert.Equal("subject_unknown", unknown.Json.GetProperty("errors")[0].Text("code"));
    }

    /// <summary>What docs/lifecycle.md lists; whoever holds the record can compute the hash that systems echo.</summary>
    [Fact]
    public async Task The_record_hash_can_be_computed_from_the_record()
    {
        var stop = await recording.Service.StopEmailAsync(Stops.NewEmail(), "research", "sms");
        var record = stop.Json;

        string[] members =
        [
            "\"actorType\":\"subject\"", "\"channel\":\"sms\"", $"\"occurredAt\":\"{record.Text("occurredAt")}\"",
            $"\"optOutId\":\"{stop.Id}\"", "\"originMethod\":\"api\"", "\"originSystem\":\"recorder\"",
            "\"purpose\":\"research\"", "\"reason\":\"user_request\"", $"\"recordedAt\":\"{record.Text("recordedAt")}\"",
            "\"state\":\"opted_out\"", $"\"subjectId\":\"{record.Text("subjectId")}\"", "\"synthetic\":\"false\"",
            "\"type\":\"optout.record/1\"", "\"version\":\"1\"",
        ];
        var payload = "{" + string.Join(',', members) + "}";
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(payload))), record.Text("recordHash"));
    }

    [Theory]
    [InlineData("oo_00000000000000000000000000000000")]
    [InlineData("oo_1")]
    [InlineData("sub_00000000000000000000000000000000")]
    public async Task An_unknown_opt_out_is_404(string id)
    {
        foreach (var path in (string[])[$"/v1/opt-outs/{id}", $"/v1/opt-outs/{id}/versions"])
            Assert.Equal("not_found", (await recording.Service.GetAsync(path)).Code);
    }

    [Fact]
    public async Task Only_the_services_own_probe_records_as_a_probe()
    {
        var answer = await recording.Service.PostAsync("/v1/opt-outs",
            $$"""
            { "subject": { "identifiers": [ {{Stops.Email(Stops.NewEmail())}} ] }, "scope": { "purpose": "marketing" },
              "origin": { "method": "probe" } }
            """);

        Assert.Equal(403, answer.Status);
        Assert.Equal("probe_reserved", answer.Code);
    }
}
