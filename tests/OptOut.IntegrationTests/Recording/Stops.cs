using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>What the tests of recording say to the service.</summary>
internal static class Stops
{
    private const string Path = "/v1/opt-outs";

    public static string NewEmail() => $"p{RandomNumberGenerator.GetHexString(16, lowercase: true)}@example.com";

    public static string NewUserId() => "u-" + RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static string NewKey() => RandomNumberGenerator.GetHexString(24, lowercase: true);

    public static string Email(string value) => $$"""{ "type": "email", "value": "{{value}}" }""";

    public static string UserId(string value) => $$"""{ "type": "user_id", "value": "{{value}}" }""";

    /// <summary>A body of <c>POST /v1/opt-outs</c>.</summary>
    public static string Body(string identifiers, string purpose = "marketing", string channel = "any") =>
        $$"""
        { "subject": { "identifiers": [ {{identifiers}} ] }, "scope": { "purpose": "{{purpose}}", "channel": "{{channel}}" } }
        """;

    public static Task<Answer> StopAsync(
        this RunningService service, string identifiers, string purpose = "marketing", string channel = "any",
        string role = "recorder", string? key = null) =>
        service.PostAsync(Path, Body(identifiers, purpose, channel), role, key);

    public static Task<Answer> StopEmailAsync(
        this RunningService service, string email, string purpose = "marketing", string channel = "any") =>
        service.StopAsync(Email(email), purpose, channel);

    /// <summary>A reversal token of this person and scope.</summary>
    public static async Task<string> TokenAsync(
        this RunningService service, string identifiers, string purpose = "marketing", string channel = "any")
    {
        var link = await service.PostAsync("/v1/links",
            Body(identifiers, purpose, channel).TrimEnd()[..^1] + """, "action": "reversal" }""", "portal");
        return link.Json.GetProperty("token").GetString()!;
    }

    public static Task<Answer> ReverseAsync(
        this RunningService service, string id, string token, int? version, string? key = "", string role = "portal") =>
        service.PostAsync($"{Path}/{id}/reversals", Evidence(token), role, key is { Length: 0 } ? NewKey() : key,
            version is null ? null : $"\"{version}\"");

    public static string Evidence(string token) => $$"""{ "evidence": { "type": "token", "token": "{{token}}" } }""";

    /// <summary>A webhook system that answers nobody: its deliveries stay open.</summary>
    public static async Task AddSystemAsync(
        this RunningService service, string name, string purpose, string identifierType)
    {
        var body = $$"""
            { "displayName": "{{name}}", "kind": "internal", "owner": "tests",
              "channel": { "type": "webhook", "url": "https://{{name}}.invalid/stops" },
              "contract": { "purposes": ["{{purpose}}"], "channels": ["any"],
                            "identifiers": [ { "type": "{{identifierType}}", "form": "plain" } ], "objectiveSeconds": 60 } }
            """;
        var made = await service.SendAsync(HttpMethod.Put, "/v1/systems/" + name,
            new StringContent(body, Encoding.UTF8, "application/json"), "bootstrap");
        Assert.Equal((int)HttpStatusCode.Created, made.Status);
    }

    public static Guid Raw(this Answer answer) => Guid.ParseExact(answer.Id[3..], "N");

    public static int Version(this Answer answer) => answer.Json.GetProperty("version").GetInt32();

    public static string Text(this JsonElement json, string member) => json.GetProperty(member).GetString()!;

    /// <summary>The versions of one opt-out as the database has them, oldest first.</summary>
    public static async Task<List<int>> VersionsAsync(this RunningService service, Guid optOutId) => [.. await service.ScalarAsync<int[]>(
        "SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM optout.opt_out_version WHERE opt_out_id = $1",
        optOutId)];

    /// <summary>How many leaves of a kind cover this opt-out.</summary>
    public static Task<long> LeavesAsync(this RunningService service, Guid optOutId, string kind) =>
        service.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT convert_from(leaf, 'UTF8')::jsonb AS leaf FROM ledger.leaf) l
            WHERE l.leaf ->> 'record' = $1 AND l.leaf ->> 'kind' = $2
            """, optOutId.ToString(), kind);

    /// <summary>The systems that have a delivery of this version, in order; with no_match where it closed at once.</summary>
    public static Task<string[]> ToldAsync(this RunningService service, Guid optOutId, int version) =>
        service.ScalarAsync<string[]>(
            """
            SELECT coalesce(array_agg(s.name || CASE d.state WHEN 'no_match' THEN ' no_match' ELSE '' END ORDER BY s.name), '{}')
            FROM optout.delivery d JOIN optout.system s USING (system_id) WHERE d.opt_out_id = $1 AND d.version = $2
            """, optOutId, version);
}
