using System.Text;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Enforcement;

/// <summary>What the tests of enforcement say to the service.</summary>
internal static class Asks
{
    public const string CheckPath = "/v1/suppressions/check";

    public static string Item(string identifier, string purpose = "marketing", string channel = "email") =>
        $$"""{ "identifier": {{identifier}}, "purpose": "{{purpose}}", "channel": "{{channel}}" }""";

    public static Task<Answer> CheckAsync(this RunningService service, params string[] items) =>
        service.PostAsync(CheckPath, $$"""{ "items": [ {{string.Join(", ", items)}} ] }""", "gate");

    /// <summary>The one answer to one question about an address.</summary>
    public static async Task<JsonElement> CheckEmailAsync(
        this RunningService service, string email, string purpose = "marketing", string channel = "email")
    {
        var answer = await service.CheckAsync(Item($$"""{ "type": "email", "value": "{{email}}" }""", purpose, channel));
        Assert.Equal(200, answer.Status);
        return Assert.Single(answer.Json.GetProperty("items").EnumerateArray());
    }

    public static string Decision(this JsonElement item) => item.GetProperty("decision").GetString()!;

    public static IEnumerable<string> Decisions(this Answer answer) =>
        answer.Json.GetProperty("items").EnumerateArray().Select(Decision);

    public static async Task PutPurposeAsync(this RunningService service, string name, bool overridable = false)
    {
        var body = $$"""{ "displayName": "{{name}}", "overridable": {{(overridable ? "true" : "false")}}, "objectiveSeconds": 60 }""";
        var made = await service.SendAsync(HttpMethod.Put, "/v1/purposes/" + name,
            new StringContent(body, Encoding.UTF8, "application/json"), "bootstrap");
        Assert.Equal(201, made.Status);
    }

    /// <summary>How many decisions stand on record for an opt-out.</summary>
    public static Task<long> DecisionsAsync(this RunningService service, Guid optOutId, string outcome = "blocked") =>
        service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.decision WHERE opt_out_id = $1 AND outcome = $2", optOutId, outcome);
}
