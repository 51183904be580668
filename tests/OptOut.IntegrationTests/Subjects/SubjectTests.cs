using System.Net;
using System.Text.Json;
using OptOut.IntegrationTests.Portal;

namespace OptOut.IntegrationTests.Subjects;

[Collection(PortalCollection.Name)]
public sealed class SubjectTests(PortalService service)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_is_found_however_the_address_is_typed_and_no_value_is_answered()
    {
        var id = await StopAsync("email", "Find.Me@Example.com");

        using var found = await LookUpAsync("email", " find.me@EXAMPLE.COM ");

        var text = await found.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal($$"""{"id":"{{id}}","identifiers":[{"type":"email"}]}""", text);
    }

    [Fact]
    public async Task An_unknown_person_is_404_and_the_refusal_repeats_nothing()
    {
        using var unknown = await LookUpAsync("email", "never-seen@example.com");

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("subject_unknown", await PortalService.CodeAsync(unknown));
        Assert.DoesNotContain("never-seen", await unknown.Content.ReadAsStringAsync(Cancellation),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "identifier": { "type": "email", "value": "no address" } }""", 422)]
    [InlineData("""{ "identifier": { "type": "shoe", "value": "44" } }""", 422)]
    [InlineData("""{ "identifier": { "type": "email", "value": "a@example.com", "form": "x" } }""", 400)]
    [InlineData("""{ }""", 422)]
    public async Task A_look_up_that_cannot_be_read_is_refused(string body, int status)
    {
        using var answer = await service.PostAsync("/v1/subjects/lookup", body, "reader");

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Gates_do_not_learn_who_is_known_and_only_operators_link()
    {
        var id = await StopAsync("email", "roles-of-subjects@example.com");

        using var gate = await LookUpAsync("email", "roles-of-subjects@example.com", "gate");
        using var portal = await service.PostAsync(
            $"/v1/subjects/{id}/identifiers", """{ "type": "user_id", "value": "u-roles" }""", "portal");

        Assert.Equal(HttpStatusCode.Forbidden, gate.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, portal.StatusCode);
    }

    /// <summary>Merging contacts once cleared the stop of one of them.</summary>
    [Fact]
    public async Task Where_two_people_turn_out_to_be_one_the_stops_of_both_stand()
    {
        var older = await StopAsync("email", "older@example.com");
        var younger = await StopAsync("user_id", "younger-1", "analytics");

        using var linked = await service.PostAsync(
            $"/v1/subjects/{younger}/identifiers", """{ "type": "email", "value": "older@example.com" }""", "operator");

        var answer = await PortalService.JsonAsync(linked);
        Assert.Equal(HttpStatusCode.OK, linked.StatusCode);
        Assert.Equal(older, answer.GetProperty("id").GetString());
        Assert.Equal(["email", "user_id"], answer.GetProperty("identifiers").EnumerateArray()
            .Select(identifier => identifier.GetProperty("type").GetString()!));
        using var byOther = await LookUpAsync("user_id", "younger-1");
        Assert.Equal(older, (await PortalService.JsonAsync(byOther)).GetProperty("id").GetString());
        foreach (var id in (string[])[older, younger])
        {
            var list = await PortalService.JsonAsync(await service.GetAsync($"/v1/subjects/{id}/opt-outs", "reader"));
            var optOuts = list.GetProperty("data").EnumerateArray().ToList();
            Assert.All(optOuts, record => Assert.Equal("opted_out", record.GetProperty("state").GetString()));
            Assert.Equal(["analytics", "marketing"],
                optOuts.Select(record => record.GetProperty("scope").GetProperty("purpose").GetString()!)
                    .Distinct().Order());
        }
    }

    [Fact]
    public async Task A_link_to_nobody_is_404()
    {
        foreach (var id in (string[])["sub_00000000000000000000000000000001", "somebody"])
        {
            using var answer = await service.PostAsync(
                $"/v1/subjects/{id}/identifiers", """{ "type": "user_id", "value": "u-nobody" }""", "operator");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            using var list = await service.GetAsync($"/v1/subjects/{id}/opt-outs", "reader");
            Assert.Equal(HttpStatusCode.NotFound, list.StatusCode);
        }
    }

    [Fact]
    public async Task The_list_of_a_persons_opt_outs_pages_without_gap_or_repeat()
    {
        string id = "";
        foreach (var purpose in (string[])["marketing", "analytics", "research", "profiling", "ai_training"])
            id = await StopAsync("email", "pages@example.com", purpose);

        var seen = new List<string>();
        var path = $"/v1/subjects/{id}/opt-outs?limit=2";
        for (var page = 0; page < 3; page++)
        {
            var answer = await PortalService.JsonAsync(await service.GetAsync(path, "reader"));
            seen.AddRange(answer.GetProperty("data").EnumerateArray()
                .Select(record => record.GetProperty("id").GetString()!));
            if (answer.GetProperty("nextCursor").ValueKind == JsonValueKind.Null)
                break;
            path = $"/v1/subjects/{id}/opt-outs?limit=2&cursor={answer.GetProperty("nextCursor").GetString()}";
        }

        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(5, seen.Count);
    }

    private async Task<string> StopAsync(string type, string value, string purpose = "marketing")
    {
        var stopped = await service.PostAsync("/v1/opt-outs",
            $$"""
            { "subject": { "identifiers": [ { "type": "{{type}}", "value": "{{value}}" } ] },
              "scope": { "purpose": "{{purpose}}" } }
            """, "recorder");
        return (await PortalService.JsonAsync(stopped)).GetProperty("subjectId").GetString()!;
    }

    private Task<HttpResponseMessage> LookUpAsync(string type, string value, string role = "reader") =>
        service.PostAsync(
            "/v1/subjects/lookup", $$"""{ "identifier": { "type": "{{type}}", "value": "{{value}}" } }""", role);
}
