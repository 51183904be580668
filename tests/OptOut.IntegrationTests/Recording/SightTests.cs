using System.Net.Http.Headers;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>A key that only records reads what it recorded or said again; what is not its own is as if it were not there.</summary>
[Collection(RecordingCollection.Name)]
public sealed class SightTests(RecordingService recording)
{
    private const string Another = "recorder+gate";

    private static readonly string[] Views = ["", "/versions", "/propagation", "/receipt", "/trail"];

    private RunningService Service => recording.Service;

    [Theory]
    [InlineData(Another)]
    [InlineData("portal")]
    public async Task A_record_of_another_is_answered_as_an_id_that_nobody_gave(string other)
    {
        var stop = await Service.StopEmailAsync(Stops.NewEmail());
        foreach (var view in Views)
        {
            Assert.Equal(200, (await Service.GetAsync($"/v1/opt-outs/{stop.Id}{view}", "recorder")).Status);
            var foreign = await Service.GetAsync($"/v1/opt-outs/{stop.Id}{view}", other);
            var unknown = await Service.GetAsync($"/v1/opt-outs/oo_{Guid.CreateVersion7():N}{view}", other);
            Assert.Equal((404, unknown.Code), (foreign.Status, foreign.Code));
            Assert.Equal(unknown.Json.GetProperty("detail").GetRawText(), foreign.Json.GetProperty("detail").GetRawText());
        }
    }

    [Theory]
    [InlineData("reader")]
    [InlineData("operator")]
    [InlineData("auditor")]
    [InlineData("recorder+reader")]
    [InlineData("bootstrap")]
    public async Task Who_reads_operates_or_audits_sees_every_record(string role)
    {
        var stop = await Service.StopEmailAsync(Stops.NewEmail());

        foreach (var view in Views)
            Assert.Equal(200, (await Service.GetAsync($"/v1/opt-outs/{stop.Id}{view}", role)).Status);
    }

    [Fact]
    public async Task Who_said_a_standing_stop_again_may_read_it_from_then_on_and_is_written_down_once()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        await Service.StopEmailAsync(email);
        for (var i = 0; i < 2; i++)
            Assert.Equal(200, (await Service.StopAsync(Stops.Email(email), role: Another)).Status);

        foreach (var view in Views)
            Assert.Equal(200, (await Service.GetAsync($"/v1/opt-outs/{stop.Id}{view}", Another)).Status);
        // The first one recorded it, and needs no row for having said it twice.
        Assert.Equal(1L, await Service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.reaffirmation WHERE opt_out_id = $1", stop.Raw()));
    }

    [Fact]
    public async Task A_version_that_somebody_else_caused_takes_nobodys_sight()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        await Service.PostAsync($"/v1/subjects/{stop.Json.Text("subjectId")}/identifiers",
            Stops.Email(Stops.NewEmail()), "operator");

        var seen = await Service.GetAsync($"/v1/opt-outs/{stop.Id}", "recorder");

        Assert.Equal((200, 2), (seen.Status, seen.Version()));
    }

    [Fact]
    public async Task A_front_end_sees_what_concerns_the_person_for_whom_it_has_asked_for_a_token()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        var stranger = await Service.StopEmailAsync(Stops.NewEmail());
        Assert.Equal(404, (await Service.GetAsync($"/v1/opt-outs/{stop.Id}", "portal")).Status);

        await Service.TokenAsync(Stops.Email(email));

        Assert.Equal(200, (await Service.GetAsync($"/v1/opt-outs/{stop.Id}", "portal")).Status);
        Assert.Equal(404, (await Service.GetAsync($"/v1/opt-outs/{stranger.Id}", "portal")).Status);
        await Service.RunAsync($"UPDATE optout.reversal_token SET expires_at = now() WHERE subject_id = '{Subject(stop)}'");
        Assert.Equal(404, (await Service.GetAsync($"/v1/opt-outs/{stop.Id}", "portal")).Status);
    }

    [Fact]
    public async Task A_persons_list_holds_only_what_the_caller_may_see()
    {
        var email = Stops.NewEmail();
        var stop = await Service.StopEmailAsync(email);
        await Service.StopAsync(Stops.Email(email), "analytics", role: Another);
        var path = $"/v1/subjects/{stop.Json.Text("subjectId")}/opt-outs";

        Assert.Equal(2, (await Service.GetAsync(path)).Json.GetProperty("data").GetArrayLength());
        var own = Assert.Single((await Service.GetAsync(path, "recorder")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(stop.Id, own.Text("id"));
        Assert.Empty((await Service.GetAsync(path, "portal")).Json.GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task A_rotated_key_is_the_same_caller()
    {
        const string role = "recorder+transactional";
        var stop = await Service.StopAsync(Stops.Email(Stops.NewEmail()), role: role);
        var key = await Service.KeyOfAsync(role);
        var rotated = await Service.PostAsync($"/v1/keys/{key.Split('_')[1]}/rotate", """{ "overlapSeconds": 0 }""", "bootstrap");

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/opt-outs/{stop.Id}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", rotated.Json.Text("key"));
        using var seen = await Service.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)seen.StatusCode);
    }

    private static Guid Subject(Answer stop) => Guid.ParseExact(stop.Json.Text("subjectId")[4..], "N");
}
