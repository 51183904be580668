using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OptOut.IntegrationTests.Portal;

[Collection(PortalCollection.Name)]
public sealed class ReversalTokenTests(PortalService service)
{
    [Fact]
    public async Task The_subjects_token_lifts_a_stop_once()
    {
        var (id, token) = await StopAndTokenAsync("lift@example.com");

        using var lifted = await ReverseAsync(id, token, version: 1);
        using var again = await service.PostAsync("/v1/opt-outs", StopBody("lift@example.com"), "recorder");
        using var spent = await ReverseAsync(id, token, version: 3);

        Assert.Equal(HttpStatusCode.Created, lifted.StatusCode);
        Assert.Equal("opted_in", (await PortalService.JsonAsync(lifted)).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, spent.StatusCode);
        Assert.Equal("evidence_invalid", await PortalService.CodeAsync(spent));
    }

    [Fact]
    public async Task Only_the_hash_of_a_token_is_stored_and_it_lives_fifteen_minutes()
    {
        var answer = await service.LinkAsync("hash@example.com", "reversal");

        var token = answer.GetProperty("token").GetString()!;
        foreach (var name in (string[])["url", "listUnsubscribe", "listUnsubscribePost"])
            Assert.Equal(JsonValueKind.Null, answer.GetProperty(name).ValueKind);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        Assert.Equal(15.0 * 60, Convert.ToDouble(await service.SqlAsync(
            "SELECT extract(epoch FROM expires_at - created_at) FROM optout.reversal_token WHERE token_hash = $1",
            hash),
            System.Globalization.CultureInfo.InvariantCulture), tolerance: 1);
        Assert.Equal(0L, await service.SqlAsync(
            "SELECT count(*) FROM optout.idempotency WHERE position($1::bytea IN body) > 0",
            Encoding.UTF8.GetBytes(token)));
    }

    [Fact]
    public async Task A_token_of_another_person_or_scope_proves_nothing()
    {
        var (id, _) = await StopAndTokenAsync("bound@example.com");
        var foreign = await service.LinkAsync("somebody-else@example.com", "reversal");
        var otherScope = await service.LinkAsync("bound@example.com", "reversal", channel: "sms");
        var stopLink = await service.LinkAsync("bound@example.com");

        foreach (var link in (JsonElement[])[foreign, otherScope, stopLink])
        {
            using var refused = await ReverseAsync(id, link.GetProperty("token").GetString()!, version: 1);
            Assert.Equal("evidence_invalid", await PortalService.CodeAsync(refused));
        }
    }

    [Fact]
    public async Task An_expired_token_proves_nothing()
    {
        var (id, token) = await StopAndTokenAsync("late@example.com");
        await service.SqlAsync(
            "UPDATE optout.reversal_token SET expires_at = now() - interval '1 second' WHERE token_hash = $1",
            SHA256.HashData(Encoding.UTF8.GetBytes(token)));

        using var refused = await ReverseAsync(id, token, version: 1);

        Assert.Equal("evidence_invalid", await PortalService.CodeAsync(refused));
    }

    private async Task<(string OptOutId, string Token)> StopAndTokenAsync(string email)
    {
        var stop = await PortalService.JsonAsync(await service.PostAsync("/v1/opt-outs", StopBody(email), "recorder"));
        var link = await service.LinkAsync(email, "reversal");
        return (stop.GetProperty("id").GetString()!, link.GetProperty("token").GetString()!);
    }

    private static string StopBody(string email) =>
        $$"""
        { "subject": { "identifiers": [ { "type": "email", "value": "{{email}}" } ] },
          "scope": { "purpose": "marketing", "channel": "email" } }
        """;

    private async Task<HttpResponseMessage> ReverseAsync(string id, string token, int version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/opt-outs/{id}/reversals")
        {
            Content = new StringContent(
                $$"""{ "evidence": { "type": "token", "token": "{{token}}" } }""", Encoding.UTF8,
                new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        request.Headers.Add("Idempotency-Key", RandomNumberGenerator.GetHexString(16));
        return await service.SendAsync(request, "portal");
    }
}
