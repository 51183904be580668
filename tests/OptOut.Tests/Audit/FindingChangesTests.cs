using OptOut.Service.Audit.Alerts;
using OptOut.Service.Audit.Findings;
using OptOut.Service.Audit.Findings.Rules;
using OptOut.Service.Audit.Findings.Running;
using OptOut.Service.Platform.Mail;

namespace OptOut.Tests.Audit;

public sealed class FindingChangesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_complained_of_opens_once_and_what_is_no_longer_closes()
    {
        var changes = FindingChanges.Of([Standing("a"), Standing("b")], new RuleAnswer([About("b"), About("c"), About("c")]), Now);

        Assert.Equal("c", Assert.Single(changes.Open).Complaint.About);
        Assert.Equal("a", Assert.Single(changes.Close).About);
        Assert.Empty(changes.Refresh);
    }

    [Fact]
    public void Too_many_become_one_with_a_count_and_nothing_is_called_cured_meanwhile()
    {
        var many = Enumerable.Range(0, FindingChanges.MaxFindings + 1).Select(i => About($"thing-{i:000}")).ToArray();

        var changes = FindingChanges.Of([Standing("a")], new RuleAnswer(many) { Total = 5_000_000 }, Now);

        var storm = Assert.Single(changes.Open);
        Assert.Equal((Abouts.Many, 5_000_000), (storm.Complaint.About, storm.Total));
        Assert.Contains("thing-000", storm.Complaint.Evidence, StringComparison.Ordinal);
        Assert.Empty(changes.Close);
    }

    [Fact]
    public void Evidence_is_written_again_when_it_is_worse_or_has_changed_and_not_with_every_look()
    {
        var standing = Standing("a", evidence: "{\"n\":1}");
        Assert.Empty(FindingChanges.Of([standing], new RuleAnswer([About("a", "{\"n\":2}")]), Now.AddSeconds(1)).Refresh);
        Assert.Single(FindingChanges.Of([standing], new RuleAnswer([About("a", "{\"n\":2}")]), Now.AddSeconds(5)).Refresh);
        Assert.Empty(FindingChanges.Of([standing], new RuleAnswer([About("a", "{\"n\":1}")]), Now.AddSeconds(5)).Refresh);
        Assert.Single(FindingChanges.Of([standing], new RuleAnswer([About("a", "{\"n\":1}")]), Now.AddSeconds(60)).Refresh);
        Assert.Single(FindingChanges.Of([standing],
            new RuleAnswer([About("a", "{\"n\":1}") with { Severity = Severities.Critical }]), Now.AddSeconds(1)).Refresh);
    }

    [Theory]
    [InlineData(0, 0, 0, null)]
    [InlineData(0, 1900, 1, null)]
    [InlineData(0, 2100, 1, 2099)]
    [InlineData(0, -2100, 1, -2100)]
    [InlineData(0, 3000, 4000, null)]
    public void A_clock_is_called_wrong_only_beyond_the_time_of_the_question(int before, int database, int after, int? skew) =>
        Assert.Equal(skew, (int?)ClockRule.Skew(
            Now.AddMilliseconds(before), Now.AddMilliseconds(database), Now.AddMilliseconds(after))?.TotalMilliseconds);

    [Fact]
    public void A_backlog_grows_when_it_does_so_at_each_of_five_looks()
    {
        Assert.True(BacklogRule.Grows([100, 500, 900, 1000, 1100, 1200]));
        Assert.False(BacklogRule.Grows([100, 500, 900, 899, 1100, 1200]));
        Assert.False(BacklogRule.Grows([1, 2, 3, 4, 5, 6]));
        Assert.False(BacklogRule.Grows([1000, 2000, 3000]));
    }

    [Fact]
    public void A_single_spike_of_the_past_does_not_teach_the_surge_to_expect_it()
    {
        var quiet = Enumerable.Range(0, 600).Select(i => 10L + i % 3).ToArray();
        var spiked = quiet.ToArray();
        spiked[17] = 1_000_000;

        Assert.Equal(Usual.Of(quiet), Usual.Of(spiked));
        Assert.True(Usual.Of(quiet)!.Limit < 60);
        Assert.Null(Usual.Of([.. quiet.Take(Usual.MinMinutes - 1)]));
    }

    [Fact]
    public void A_busy_hour_is_usual_at_its_own_height_and_a_silent_one_needs_more_than_a_handful()
    {
        Assert.True(Usual.Of([.. Enumerable.Repeat(5_000L, 100)])!.Limit is > 5_300 and < 6_000);
        Assert.Equal(Usual.MinCount, Usual.Of([.. Enumerable.Repeat(0L, 100)])!.Limit);
    }

    [Fact]
    public void Alerts_are_repeated_sooner_first_and_for_ever() => Assert.Equal([5, 15, 30, 60, 300, 300],
        ((int[])[1, 2, 3, 4, 5, 5_000]).Select(attempts => (int)AlertDispatcher.Delay(attempts).TotalSeconds));

    [Theory]
    [InlineData("a@example.com", true)]
    [InlineData("a@example.com\r\nBcc: b@example.com", false)]
    [InlineData("a@example.com\nb", false)]
    [InlineData("a@example.com,b@example.com", false)]
    [InlineData("Name <a@example.com>", false)]
    [InlineData("nobody", false)]
    [InlineData("", false)]
    public void A_mail_address_is_one_plain_address(string text, bool plain) => Assert.Equal(plain, MailSettings.IsAddress(text));

    private static Complaint About(string about, string evidence = "{}") =>
        new("kind", about, Severities.Warning, null, evidence);

    private static OpenFinding Standing(string about, string evidence = "{}") =>
        new(Guid.CreateVersion7(Now), "kind", about, Severities.Warning, null, evidence, 1, Now, 0);
}
