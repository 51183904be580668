using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>What happens to standing stops when an identifier joins a person, or two people turn out to be one.</summary>
[Collection(RecordingCollection.Name)]
public sealed class LinkingTests(RecordingService recording)
{
    private static int s_phones = 10;

    [Fact]
    public async Task A_linked_identifier_falls_under_every_standing_stop_and_is_told_to_systems_that_use_its_type()
    {
        var stop = await recording.Service.StopEmailAsync(Stops.NewEmail());
        var lifted = await recording.Service.StopAsync(
            $$"""{ "type": "user_id", "value": "{{Stops.NewUserId()}}" }""", "analytics");

        var linked = await LinkAsync(stop, NewPhone());

        Assert.Equal(200, linked.Status);
        Assert.Equal([1, 2], await recording.Service.VersionsAsync(stop.Raw()));
        Assert.Equal([1], await recording.Service.VersionsAsync(lifted.Raw()));
        var newest = await recording.Service.GetAsync("/v1/opt-outs/" + stop.Id);
        Assert.Equal("identifier_linked", newest.Json.GetProperty("reason").Text("code"));
        Assert.Equal("opted_out", newest.Json.Text("state"));
        Assert.Equal(["dialler"], await recording.Service.ToldAsync(stop.Raw(), 2));
    }

    [Fact]
    public async Task An_identifier_the_person_has_already_changes_nothing()
    {
        var email = Stops.NewEmail();
        var stop = await recording.Service.StopEmailAsync(email);

        var linked = await LinkAsync(stop, Stops.Email(email.ToUpperInvariant()));

        Assert.Equal(200, linked.Status);
        Assert.Equal([1], await recording.Service.VersionsAsync(stop.Raw()));
    }

    [Fact]
    public async Task A_post_that_names_one_more_identifier_links_it()
    {
        var email = Stops.NewEmail();
        var stop = await recording.Service.StopEmailAsync(email);

        var again = await recording.Service.StopAsync($"{Stops.Email(email)}, {NewPhone()}");

        Assert.Equal(201, again.Status);
        Assert.Equal(2, again.Version());
        Assert.Equal(stop.Id, again.Id);
        Assert.Equal(["dialler"], await recording.Service.ToldAsync(stop.Raw(), 2));
    }

    /// <summary>Elsewhere a merge of contacts cleared the stop of one of them.</summary>
    [Fact]
    public async Task After_a_merge_the_stops_of_both_stand_for_either_identifier()
    {
        var email = Stops.NewEmail();
        var userId = Stops.NewUserId();
        var byEmail = await recording.Service.StopEmailAsync(email);
        var byUserId = await recording.Service.StopAsync(Stops.UserId(userId), "analytics");

        var merged = await LinkAsync(byUserId, Stops.Email(email));

        Assert.Equal(byEmail.Json.Text("subjectId"), merged.Id);
        var repeated = await recording.Service.StopAsync(Stops.UserId(userId));
        Assert.Equal(200, repeated.Status);
        Assert.Equal(byEmail.Id, repeated.Id);
        Assert.Equal([1, 2], await recording.Service.VersionsAsync(byEmail.Raw()));
        // The loser's row is not rewritten: its stop stands as it was, and one of the survivor's own is told anew.
        Assert.Equal([1], await recording.Service.VersionsAsync(byUserId.Raw()));
        Assert.Equal(200, (await recording.Service.StopEmailAsync(email, "analytics")).Status);
        Assert.Equal(["numbers"], await recording.Service.ToldAsync(
            (await recording.Service.StopEmailAsync(email, "analytics")).Raw(), 1));
        Assert.Equal(1L, await recording.Service.ScalarAsync<long>(
            "SELECT count(*) FROM ledger.leaf WHERE convert_from(leaf, 'UTF8')::jsonb ->> 'kind' = 'merged' "
            + "AND convert_from(leaf, 'UTF8')::jsonb ->> 'record' = $1",
            Guid.ParseExact(byUserId.Json.Text("subjectId")[4..], "N").ToString()));
    }

    [Fact]
    public async Task A_stop_lifted_by_one_of_two_people_stands_again_where_the_other_still_says_stop()
    {
        var email = Stops.NewEmail();
        var userId = Stops.NewUserId();
        var lifted = await recording.Service.StopEmailAsync(email);
        await recording.Service.ReverseAsync(lifted.Id, await recording.Service.TokenAsync(Stops.Email(email)), 1);
        var standing = await recording.Service.StopAsync(Stops.UserId(userId));

        await LinkAsync(standing, Stops.Email(email));

        var newest = await recording.Service.GetAsync("/v1/opt-outs/" + lifted.Id);
        Assert.Equal(3, newest.Version());
        Assert.Equal("opted_out", newest.Json.Text("state"));
    }

    [Fact]
    public async Task One_reversal_lifts_the_scope_in_every_merged_person_at_once()
    {
        var email = Stops.NewEmail();
        var userId = Stops.NewUserId();
        var first = await recording.Service.StopEmailAsync(email);
        var second = await recording.Service.StopAsync(Stops.UserId(userId));
        await LinkAsync(second, Stops.Email(email));

        var lifted = await recording.Service.ReverseAsync(
            first.Id, await recording.Service.TokenAsync(Stops.UserId(userId)), 2);

        Assert.Equal(201, lifted.Status);
        foreach (var stop in (Guid[])[first.Raw(), second.Raw()])
            Assert.Equal("opted_in", await recording.Service.ScalarAsync<string>(
                "SELECT state FROM optout.opt_out_version WHERE opt_out_id = $1 ORDER BY version DESC LIMIT 1", stop));
    }

    private static string NewPhone() =>
        $$"""{ "type": "phone", "value": "+4420794609{{Interlocked.Increment(ref s_phones)}}" }""";

    private Task<Answer> LinkAsync(Answer stop, string identifier) => recording.Service.PostAsync(
        $"/v1/subjects/{stop.Json.Text("subjectId")}/identifiers", identifier, "operator");
}
