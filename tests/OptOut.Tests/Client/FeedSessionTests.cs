using OptOut.Client;
using OptOut.Client.Gate.Feed;

namespace OptOut.Tests.Client;

/// <summary>Decisions about the feed's events: what a gate may believe, and when it has to stop believing.</summary>
public sealed class FeedSessionTests
{
    private readonly FeedScript _feed = new();

    [Fact]
    public void A_gate_is_not_ready_before_the_first_heartbeat_after_the_transfer()
    {
        _feed.Begin();
        Assert.Equal(FeedStep.Going, _feed.Stops("entries", "email", "ada@example.com", 1, "marketing/any"));
        Assert.Equal(FeedStep.Going, _feed.Heartbeat());
        Assert.Equal(FeedStep.Going, _feed.Transferred(1));
        Assert.Equal(FeedStep.Current, _feed.Heartbeat());
    }

    [Theory]
    [InlineData("marketing", "email", SuppressionAnswer.Suppressed)]
    [InlineData("marketing.newsletter", "sms", SuppressionAnswer.Suppressed)]
    [InlineData("marketing", "any", SuppressionAnswer.Suppressed)]
    [InlineData("profiling", "email", SuppressionAnswer.Allowed)]
    [InlineData("marketing.unheard_of", "email", SuppressionAnswer.Unknown)]
    [InlineData("marketing", "pigeon", SuppressionAnswer.Unknown)]
    public void A_stop_covers_its_purpose_what_lies_below_and_each_channel(
        string purpose, string channel, SuppressionAnswer expected) =>
        Assert.Equal(expected, _feed.Ready().Gate.Check("email", " ADA@Example.com", purpose, channel));

    [Fact]
    public void A_stop_on_the_untagged_address_covers_its_tagged_forms_and_not_the_other_way_round()
    {
        _feed.Ready();
        _feed.Stops("changes", "email", "grace+shop@example.com", 1, "marketing/any");
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("ada+news@example.com"));
        Assert.Equal(SuppressionAnswer.Allowed, Ask("grace@example.com"));
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("grace+shop@example.com"));
    }

    [Fact]
    public void A_narrower_stop_does_not_cover_a_broader_question()
    {
        _feed.Ready();
        _feed.Stops("changes", "email", "bob@example.com", 1, "marketing.newsletter/email");
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("bob@example.com", "marketing.newsletter", "email"));
        Assert.Equal(SuppressionAnswer.Allowed, Ask("bob@example.com", "marketing.newsletter", "sms"));
        Assert.Equal(SuppressionAnswer.Allowed, Ask("bob@example.com", "marketing", "email"));
        Assert.Equal(SuppressionAnswer.Allowed, Ask("bob@example.com", "marketing.newsletter", "any"));
    }

    [Fact]
    public void A_change_counts_at_once_and_a_tombstone_lifts_it()
    {
        _feed.Ready();
        Assert.Equal(SuppressionAnswer.Allowed, Ask("bob@example.com"));
        _feed.Stops("changes", "email", "bob@example.com", 4, "all/any");
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("bob@example.com"));
        _feed.Stops("changes", "email", "bob@example.com", 5);
        Assert.Equal(SuppressionAnswer.Allowed, Ask("bob@example.com"));
    }

    [Fact]
    public void A_stale_event_never_overwrites_a_newer_choice()
    {
        _feed.Ready();
        _feed.Stops("changes", "email", "bob@example.com", 7, "marketing/any");
        _feed.Stops("changes", "email", "bob@example.com", 6);
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("bob@example.com"));
        _feed.Stops("changes", "email", "bob@example.com", 7, "profiling/any");
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("bob@example.com", "profiling"));
    }

    [Theory]
    [InlineData("changes")]
    [InlineData("heartbeat")]
    public void A_stream_with_a_missing_change_is_not_believed(string next)
    {
        _feed.Ready();
        _feed.Cursor = "one-that-never-came";
        Assert.Equal(FeedStep.Gap, next == "heartbeat"
            ? _feed.Heartbeat()
            : _feed.Stops("changes", "email", "bob@example.com", 2, "marketing/any"));
    }

    [Fact]
    public void A_transfer_that_brought_fewer_entries_than_were_sent_is_a_gap()
    {
        _feed.Begin();
        _feed.Stops("entries", "email", "ada@example.com", 1, "marketing/any");
        Assert.Equal(FeedStep.Gap, _feed.Transferred(2));
    }

    [Fact]
    public void A_transfer_that_was_cut_off_goes_on_where_it_was()
    {
        _feed.Begin();
        _feed.Stops("entries", "email", "ada@example.com", 1, "marketing/any");
        _feed.Reconnect();
        Assert.Equal(FeedStep.Going, _feed.Say("hello", FeedScript.Hello("resume")));
        _feed.Tree();
        Assert.Equal(FeedStep.Going, _feed.Stops("entries", "email", "bob@example.com", 1, "marketing/any"));
        Assert.Equal(FeedStep.Going, _feed.Transferred(2));
        _feed.Confirm();
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("ada@example.com"));
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("bob@example.com"));
    }

    [Fact]
    public void Another_history_on_the_other_side_says_nothing_about_what_is_held()
    {
        _feed.Ready().Reconnect();
        Assert.Equal(FeedStep.HistoryChanged, _feed.Say("hello", FeedScript.Hello()));
        Assert.False(_feed.Session.Copy!.IsWhole);
    }

    [Fact]
    public void Hashes_under_a_key_that_the_gate_lacks_are_as_bad_as_a_missing_change()
    {
        _feed.Ready();
        Assert.Equal(FeedStep.Gap,
            _feed.Entry("changes", FeedScript.Hash("email", "bob@example.com", FeedScript.NextKey), 1, "k2", "all/any"));
    }

    [Fact]
    public void After_a_rotation_hashes_under_both_keys_are_found_and_keys_made_before_are_unknown()
    {
        _feed.Ready();
        Assert.True(_feed.Gate.TryGetKey("email", "ada@example.com", out var before));
        Assert.Equal(SuppressionAnswer.Suppressed, _feed.Gate.Check(before, "marketing", "email"));

        _feed.Reconnect();
        _feed.Say("hello", FeedScript.Hello("resume",
            FeedScript.KeyOf("k1", FeedScript.Key) + ", " + FeedScript.KeyOf("k2", FeedScript.NextKey)));
        _feed.Entry("changes", FeedScript.Hash("email", "bob@example.com", FeedScript.NextKey), 1, "k2", "all/any");
        _feed.Confirm();
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("ada@example.com"));
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("bob+tag@example.com"));
        Assert.Equal(SuppressionAnswer.Allowed, Ask("eve@example.com"));
        Assert.Equal(SuppressionAnswer.Unknown, _feed.Gate.Check(before, "marketing", "email"));
        Assert.True(_feed.Gate.TryGetKey("email", "ada@example.com", out var after));
        Assert.Equal(SuppressionAnswer.Suppressed, _feed.Gate.Check(after, "marketing", "email"));
    }

    [Fact]
    public void The_same_keys_again_leave_keys_in_use_good()
    {
        _feed.Ready();
        Assert.True(_feed.Gate.TryGetKey("email", "ada@example.com", out var key));
        _feed.Reconnect();
        _feed.Say("hello", FeedScript.Hello("resume"));
        Assert.Equal(SuppressionAnswer.Suppressed, _feed.Gate.Check(key, "marketing", "email"));
    }

    [Theory]
    [InlineData("""{ "feed": "optout.feed/2", "mode": "full" }""")]
    [InlineData("""{ "mode": "full" }""")]
    [InlineData("[]")]
    [InlineData("not json")]
    public void Another_feed_than_the_one_that_is_understood_is_not_read(string hello) =>
        Assert.Equal(FeedStep.Unreadable, _feed.Say("hello", hello));

    [Theory]
    [InlineData("""{ "prev": null, "keyId": "k1", "sets": [[]], "entries": [["AAAA", 0, 1]] }""")]
    [InlineData("""{ "prev": null, "keyId": "k1", "sets": [], "entries": [["q83vEjRWeJCrze8SNFZ4kA", 0, 1]] }""")]
    [InlineData("""{ "prev": null, "keyId": "k1", "sets": [["marketing"]], "entries": [] }""")]
    [InlineData("""{ "prev": null, "keyId": "k1", "sets": [[]], "sets": [[]], "entries": [] }""")]
    [InlineData("""{ "prev": null, "sets": [[]], "entries": [] }""")]
    [InlineData("""{ "prev": null, "keyId": "k1", "sets": [[]], "entries": [["q83vEjRWeJCrze8SNFZ4kA", 0, 1]""")]
    public void Entries_of_another_form_are_not_guessed_at(string data)
    {
        _feed.Begin();
        Assert.Equal(FeedStep.Unreadable, _feed.Say("entries", data, "c1"));
    }

    [Fact]
    public void Events_of_later_editions_are_passed_over() =>
        Assert.Equal(FeedStep.Going, _feed.Ready().Say("weather", "{}"));

    [Fact]
    public void A_stream_that_falls_behind_is_left()
    {
        _feed.Ready();
        _feed.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(FeedStep.Late, _feed.Heartbeat(late: TimeSpan.FromSeconds(55)));
    }

    [Fact]
    public void An_identifier_whose_rules_differ_from_the_services_is_unknown()
    {
        _feed.Begin(FeedScript.Hello(emailRules: 2));
        _feed.Transferred(0);
        _feed.Confirm();
        Assert.Equal(SuppressionAnswer.Unknown, Ask("ada@example.com"));
        Assert.Equal(SuppressionAnswer.Allowed, _feed.Gate.Check("phone", "+49 30 1234567", "marketing", "sms"));
        Assert.Equal(SuppressionAnswer.Allowed, _feed.Gate.Check("member", " ABC ", "marketing", "post"));
        Assert.Equal(SuppressionAnswer.Unknown, _feed.Gate.Check("member", "abcd", "marketing", "post"));
        Assert.Equal(SuppressionAnswer.Unknown, _feed.Gate.Check("user_id", "u1", "marketing", "post"));
    }

    [Theory]
    [InlineData("phone", "030 1234567")]
    [InlineData("email", "no address")]
    [InlineData("email", "")]
    [InlineData("fax", "1")]
    public void What_cannot_be_read_is_unknown_and_never_allowed(string type, string value) =>
        Assert.Equal(SuppressionAnswer.Unknown, _feed.Ready().Gate.Check(type, value, "marketing", "email"));

    [Fact]
    public void National_numbers_are_read_in_the_services_region()
    {
        _feed.Begin(FeedScript.Hello(region: "DE"));
        _feed.Stops("entries", "phone", "+49301234567", 1, "marketing/sms");
        _feed.Transferred(1);
        _feed.Confirm();
        Assert.Equal(SuppressionAnswer.Suppressed, _feed.Gate.Check("phone", "030 1234567", "marketing", "sms"));
    }

    [Fact]
    public void A_purpose_that_comes_later_is_covered_by_the_stops_above_it()
    {
        _feed.Ready();
        Assert.Equal(SuppressionAnswer.Unknown, Ask("ada@example.com", "marketing.partners"));
        _feed.Tree("marketing.partners");
        Assert.Equal(SuppressionAnswer.Suppressed, Ask("ada@example.com", "marketing.partners"));
    }

    private SuppressionAnswer Ask(string email, string purpose = "marketing", string channel = "email") =>
        _feed.Gate.Check("email", email, purpose, channel);
}
