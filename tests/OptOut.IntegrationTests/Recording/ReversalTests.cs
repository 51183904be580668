using System.Security.Cryptography;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>Nothing but the subject's own act lifts a stop.</summary>
[Collection(RecordingCollection.Name)]
public sealed class ReversalTests(RecordingService recording)
{
    private RunningService Service => recording.Service;

    [Fact]
    public async Task The_subjects_token_lifts_the_stop_as_a_new_version_told_to_every_system()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);

        var lifted = await Service.ReverseAsync(stop.Id, await Service.TokenAsync(Stops.Email(email)), 1);

        Assert.Equal(201, lifted.Status);
        Assert.Equal(stop.Id, lifted.Id);
        Assert.Equal(2, lifted.Version());
        Assert.Equal("opted_in", lifted.Json.Text("state"));
        Assert.Equal("\"2\"", lifted.Headers.ETag!.ToString());
        Assert.Equal(["dialler no_match", "mailer"], await Service.ToldAsync(stop.Raw(), 2));
        Assert.Equal(1, await Service.LeavesAsync(stop.Raw(), "reversed"));
        Assert.Equal(stop.Text[..stop.Text.IndexOf("\"propagation\"", StringComparison.Ordinal)],
            (await Service.GetAsync($"/v1/opt-outs/{stop.Id}/versions")).Json.GetProperty("data")[0].GetRawText()
                [..stop.Text.IndexOf("\"propagation\"", StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task After_a_reversal_the_next_stop_is_version_three()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        await Service.ReverseAsync(stop.Id, await Service.TokenAsync(Stops.Email(email)), 1);

        var again = await Service.StopEmailAsync(email);

        Assert.Equal(201, again.Status);
        Assert.Equal((stop.Id, 3), (again.Id, again.Version()));
    }

    [Theory]
    [InlineData("bootstrap")]
    [InlineData("recorder")]
    [InlineData("reader")]
    [InlineData("gate")]
    [InlineData("operator")]
    [InlineData("auditor")]
    [InlineData("admin")]
    [InlineData("transactional")]
    [InlineData("system:mailer")]
    [InlineData("operator+admin+auditor+recorder+reader+gate+transactional")]
    public async Task No_other_role_lifts_a_stop_even_with_a_good_token(string role)
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var token = await Service.TokenAsync(Stops.Email(email));

        var refused = await Service.ReverseAsync(stop.Id, token, 1, role: role);

        Assert.Equal(403, refused.Status);
        Assert.Equal("opt_out.override_forbidden", refused.Code);
        Assert.Equal([1], await Service.VersionsAsync(stop.Raw()));
        Assert.Equal(201, (await Service.ReverseAsync(stop.Id, token, 1)).Status);
    }

    [Fact]
    public async Task Without_a_key_nobody_asks()
    {
        var answer = await Service.ReverseAsync("oo_" + Guid.Empty.ToString("N"), "rev_x", 1, role: "");

        Assert.Equal("unauthenticated", answer.Code);
    }

    [Fact]
    public async Task A_reversal_names_the_version_it_lifts_and_can_be_repeated_safely()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var token = await Service.TokenAsync(Stops.Email(email));

        AssertRefused(428, "precondition_required", await Service.ReverseAsync(stop.Id, token, null));
        AssertRefused(400, "idempotency_key_required", await Service.ReverseAsync(stop.Id, token, 1, key: null));
        AssertRefused(412, "precondition_failed", await Service.ReverseAsync(stop.Id, token, 2));
        var key = Stops.NewKey();
        var lifted = await Service.ReverseAsync(stop.Id, token, 1, key);
        var again = await Service.ReverseAsync(stop.Id, token, 1, key);

        Assert.Equal(201, lifted.Status);
        Assert.Equal(lifted.Body, again.Body);
        Assert.Equal([1, 2], await Service.VersionsAsync(stop.Raw()));
    }

    [Fact]
    public async Task A_failed_precondition_does_not_use_up_the_key_and_names_its_trace()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var token = await Service.TokenAsync(Stops.Email(email));
        var key = Stops.NewKey();

        var refused = await Service.ReverseAsync(stop.Id, token, 3, key);
        var lifted = await Service.ReverseAsync(stop.Id, token, 1, key);

        AssertRefused(412, "precondition_failed", refused);
        Assert.Equal(32, refused.Json.GetProperty("traceId").GetString()?.Length);
        Assert.Equal(201, lifted.Status);
    }

    [Fact]
    public async Task A_star_names_whatever_version_stands()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var token = await Service.TokenAsync(Stops.Email(email));

        var lifted = await Service.PostAsync($"/v1/opt-outs/{stop.Id}/reversals",
            $$"""{ "evidence": { "type": "token", "token": "{{token}}" } }""", "portal", Stops.NewKey(), "*");

        Assert.Equal(201, lifted.Status);
    }

    [Fact]
    public async Task A_token_that_is_spent_foreign_expired_or_unknown_proves_nothing()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var spent = await Service.TokenAsync(Stops.Email(email));
        await Service.ReverseAsync(stop.Id, spent, 1);
        await Service.StopEmailAsync(email);
        var expired = await Service.TokenAsync(Stops.Email(email));
        await Service.RunAsync(
            $"""
            UPDATE optout.reversal_token SET expires_at = now() - interval '1 second'
            WHERE token_hash = '\x{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(expired)))}'
            """);
        string[] tokens =
        [
            spent, expired, await Service.TokenAsync(Stops.Email(Stops.NewEmail())),
            await Service.TokenAsync(Stops.Email(email), channel: "email"), await Service.TokenAsync(Stops.Email(email), "all"),
            "rev_" + Convert.ToBase64String(new byte[32]), "x", new string('x', 129), "",
        ];

        foreach (var token in tokens)
        {
            var refused = await Service.ReverseAsync(stop.Id, token, 3);
            AssertRefused(422, "evidence_invalid", refused);
            if (token.Length > 4)
                Assert.DoesNotContain(token, refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal([1, 2, 3], await Service.VersionsAsync(stop.Raw()));
    }

    [Fact]
    public async Task One_token_pressed_many_times_at_once_lifts_once()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var token = await Service.TokenAsync(Stops.Email(email));
        await using var replica = await Service.StartReplicaAsync();
        await Service.ShareKeyAsync("portal", replica);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(i => (i % 2 == 0 ? Service : replica).ReverseAsync(stop.Id, token, 1)));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[201, 412, 422]));
        Assert.Equal([1, 2], await Service.VersionsAsync(stop.Raw()));
    }

    [Theory]
    [InlineData("marketing", "any", "marketing", "email")]
    [InlineData("all", "any", "marketing", "any")]
    [InlineData("all", "email", "marketing", "email")]
    public async Task A_narrower_lift_under_a_standing_broader_stop_is_refused_naming_it(
        string broaderPurpose, string broaderChannel, string purpose, string channel)
    {
        var email = Stops.NewEmail();
        var narrower = await Service.StopEmailAsync(email, purpose, channel);
        var broader = await Service.StopEmailAsync(email, broaderPurpose, broaderChannel);
        var token = await Service.TokenAsync(Stops.Email(email), purpose, channel);

        var refused = await Service.ReverseAsync(narrower.Id, token, 1);

        AssertRefused(409, "covered_by_broader_stop", refused);
        Assert.Equal(broader.Json.GetProperty("scope").GetRawText(), refused.Json.GetProperty("coveredBy").GetRawText());
        // A refused token is not spent: the person may lift the broader stop and come back.
        await Service.ReverseAsync(
            broader.Id, await Service.TokenAsync(Stops.Email(email), broaderPurpose, broaderChannel), 1);
        Assert.Equal("opted_in", (await Service.GetAsync("/v1/opt-outs/" + narrower.Id)).Json.Text("state"));
    }

    [Fact]
    public async Task A_broader_lift_lifts_what_stands_below_it_and_nothing_beside_it()
    {
        var email = Stops.NewEmail();
        var below = await Service.StopEmailAsync(email, "marketing", "sms");
        var beside = await Service.StopEmailAsync(email, "profiling");
        var broader = await Service.StopEmailAsync(email);

        var lifted = await Service.ReverseAsync(broader.Id, await Service.TokenAsync(Stops.Email(email)), 1);

        Assert.Equal((201, broader.Id), (lifted.Status, lifted.Id));
        Assert.Equal("opted_in", (await Service.GetAsync("/v1/opt-outs/" + below.Id)).Json.Text("state"));
        Assert.Equal("opted_out", (await Service.GetAsync("/v1/opt-outs/" + beside.Id)).Json.Text("state"));
        Assert.Equal(1, await Service.LeavesAsync(below.Raw(), "reversed"));
    }

    [Fact]
    public async Task What_is_lifted_already_cannot_be_lifted_again()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        await Service.ReverseAsync(stop.Id, await Service.TokenAsync(Stops.Email(email)), 1);

        AssertRefused(409, "not_standing",
            await Service.ReverseAsync(stop.Id, await Service.TokenAsync(Stops.Email(email)), 2));
    }

    [Theory]
    [InlineData("recorder")]
    [InlineData("bootstrap")]
    public async Task Only_a_portal_key_makes_a_reversal_token(string role)
    {
        var refused = await Service.PostAsync("/v1/links",
            Stops.Body(Stops.Email(Stops.NewEmail())).TrimEnd()[..^1] + """, "action": "reversal" }""", role);

        AssertRefused(403, "scope_missing", refused);
    }

    private static void AssertRefused(int status, string code, Answer answer)
    {
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal("application/problem+json", answer.ContentType);
    }
}
