using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Schedules;

namespace OptOut.Tests.Propagation;

public sealed class RetryPlanTests
{
    private const double NoJitter = 0.5;
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, "00:00:05")]
    [InlineData(2, "00:05:00")]
    [InlineData(3, "00:30:00")]
    [InlineData(4, "02:00:00")]
    [InlineData(5, "05:00:00")]
    [InlineData(6, "10:00:00")]
    [InlineData(7, "14:00:00")]
    [InlineData(8, "20:00:00")]
    [InlineData(9, "1.00:00:00")]
    public void A_failed_webhook_follows_the_published_schedule(int attempts, string delay) => Assert.Equal(
        new RetryDecision.RetryAt(Now + TimeSpan.Parse(delay, null)),
        RetryPlan.AfterAttempt(Webhook(attempts), Result(AttemptOutcome.BadStatus), Now, NoJitter));

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(1_000)]
    public void After_the_last_step_a_webhook_is_parked_and_tried_daily(int attempts) => Assert.Equal(
        new RetryDecision.Park(Now.AddDays(1)),
        RetryPlan.AfterAttempt(Webhook(attempts), Result(AttemptOutcome.TimedOut), Now, NoJitter));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 7)]
    public void A_person_who_reads_mail_is_reminded_after_days_and_not_before_the_objective(int attempts, int days)
    {
        var mail = Webhook(attempts) with { ChannelType = ChannelTypes.Smtp };
        Assert.Equal(new RetryDecision.RetryAt(Now.AddDays(days)), RetryPlan.AfterAttempt(mail, Result(AttemptOutcome.Sent), Now, NoJitter));
        var later = mail with { ApplyBy = Now.AddDays(20) };
        Assert.Equal(Now.AddDays(20), RetryPlan.AfterAttempt(later, Result(AttemptOutcome.Sent), Now, NoJitter).At);
    }

    [Fact]
    public void Mail_is_parked_after_the_last_reminder_and_a_server_that_is_away_is_tried_like_a_webhook()
    {
        var mail = Webhook(5) with { ChannelType = ChannelTypes.Smtp };
        Assert.Equal(new RetryDecision.Park(Now.AddDays(1)), RetryPlan.AfterAttempt(mail, Result(AttemptOutcome.Sent), Now, NoJitter));
        Assert.Equal(new RetryDecision.RetryAt(Now.AddSeconds(5)), RetryPlan.AfterAttempt(
            mail with { Attempts = 1 }, Result(AttemptOutcome.Unavailable), Now, NoJitter));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public void What_a_system_fetches_is_never_parked(int attempts)
    {
        var fetched = Webhook(attempts) with { ChannelType = ChannelTypes.Pull, ApplyBy = Now.AddMinutes(1) };
        Assert.Equal(new RetryDecision.CheckAt(Now.AddMinutes(1)), RetryPlan.AfterAttempt(fetched, Result(AttemptOutcome.Sent), Now, NoJitter));
        Assert.IsType<RetryDecision.RetryAt>(RetryPlan.AfterOpenWord(fetched, failed: true, Now, NoJitter));
    }

    [Fact]
    public void No_answer_of_a_receiver_ends_propagation() => Assert.All(
        Enum.GetValues<AttemptOutcome>().Except([AttemptOutcome.Sent, AttemptOutcome.Acknowledged]),
        outcome => Assert.Equal(
            new RetryDecision.RetryAt(Now.AddSeconds(5)),
            RetryPlan.AfterAttempt(Webhook(1), Result(outcome), Now, NoJitter)));

    [Theory]
    [InlineData(0.0, 4.0)]
    [InlineData(0.25, 4.5)]
    [InlineData(0.75, 5.5)]
    [InlineData(1.0, 6.0)]
    public void Jitter_moves_a_delay_by_a_fifth_at_most(double draw, double seconds) => Assert.Equal(
        Now.AddSeconds(seconds), RetryPlan.AfterAttempt(Webhook(1), Result(AttemptOutcome.BadStatus), Now, draw).At);

    [Theory]
    [InlineData(1, 120, 120)]
    [InlineData(2, 120, 300)]
    [InlineData(1, 0, 5)]
    [InlineData(10, 172_800, 172_800)]
    public void Retry_After_is_never_undercut_and_never_shortens_the_schedule(int attempts, int asked, int waits) =>
        Assert.Equal(
            Now.AddSeconds(waits),
            RetryPlan.AfterAttempt(
                Webhook(attempts),
                Result(AttemptOutcome.TooManyRequests) with { RetryAfter = TimeSpan.FromSeconds(asked) },
                Now,
                NoJitter).At);

    [Theory]
    // Sent before the objective: again when it has passed.
    [InlineData(1, 60, 60)]
    // Sent after the objective: by the schedule.
    [InlineData(1, -1, 5)]
    [InlineData(2, -1, 300)]
    [InlineData(2, 60, 300)]
    public void A_webhook_that_took_it_is_asked_again_from_the_objective_on(int attempts, int applyBy, int waits) =>
        Assert.Equal(
            new RetryDecision.RetryAt(Now.AddSeconds(waits)),
            RetryPlan.AfterAttempt(
                Webhook(attempts) with { ApplyBy = Now.AddSeconds(applyBy) },
                Result(AttemptOutcome.Sent),
                Now,
                NoJitter));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 5)]
    [InlineData(4, 5)]
    [InlineData(100_000, 5)]
    public void A_broker_that_is_away_never_parks_a_message(int attempts, int seconds)
    {
        foreach (var outcome in
            new[] { AttemptOutcome.Unavailable, AttemptOutcome.TimedOut, AttemptOutcome.RefusedByBroker })
        {
            Assert.Equal(
                new RetryDecision.RetryAt(Now.AddSeconds(seconds)),
                RetryPlan.AfterAttempt(Broker(attempts), Result(outcome), Now, NoJitter));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 60)]
    [InlineData(5_000, 60)]
    public void An_unroutable_message_is_tried_soon_and_then_each_minute(int attempts, int seconds) => Assert.Equal(
        new RetryDecision.RetryAt(Now.AddSeconds(seconds)),
        RetryPlan.AfterAttempt(Broker(attempts), Result(AttemptOutcome.Unroutable), Now, NoJitter));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 15)]
    [InlineData(4, 60)]
    [InlineData(500, 60)]
    public void What_a_broker_system_failed_at_is_told_again_by_the_steps_of_the_looks(int attempts, int minutes)
    {
        Assert.Equal(
            new RetryDecision.RetryAt(Now.AddMinutes(minutes)),
            RetryPlan.AfterOpenWord(Broker(attempts) with { ApplyBy = Now, FirstSentAt = Now }, failed: true, Now, NoJitter));
        Assert.Equal(
            new RetryDecision.RetryAt(Now.AddDays(1)),
            RetryPlan.AfterOpenWord(Broker(attempts) with { ApplyBy = Now.AddDays(-1), FirstSentAt = Now.AddDays(-1) },
                failed: true, Now, NoJitter));
    }

    [Fact]
    public void A_confirmed_message_is_looked_after_when_its_objective_passes() => Assert.Equal(
        new RetryDecision.CheckAt(Now.AddSeconds(60)),
        RetryPlan.AfterAttempt(
            Broker(1) with { ApplyBy = Now.AddSeconds(60) }, Result(AttemptOutcome.Sent), Now, NoJitter));

    [Theory]
    [InlineData("00:00:00", "00:01:00")]
    [InlineData("00:01:00", "00:05:00")]
    [InlineData("00:04:59", "00:05:00")]
    [InlineData("00:05:00", "00:15:00")]
    [InlineData("00:15:00", "01:00:00")]
    [InlineData("01:00:00", "02:00:00")]
    [InlineData("22:30:00", "23:00:00")]
    [InlineData("23:00:00", "1.00:00:00")]
    public void Looks_come_at_one_five_and_fifteen_minutes_and_hourly(string late, string next)
    {
        var applyBy = Now - TimeSpan.Parse(late, null);

        Assert.Equal(
            new RetryDecision.CheckAt(applyBy + TimeSpan.Parse(next, null)),
            RetryPlan.AfterCheck(Broker(1) with { ApplyBy = applyBy, FirstSentAt = applyBy.AddSeconds(-60) }, Now));
    }

    [Fact]
    public void A_day_after_the_objective_a_silent_system_is_parked() => Assert.Equal(
        new RetryDecision.Park(Now.AddDays(1)),
        RetryPlan.AfterCheck(
            Broker(1) with { ApplyBy = Now.AddDays(-1), FirstSentAt = Now.AddDays(-1) }, Now));

    [Fact]
    public void A_message_that_waited_days_for_the_broker_gets_its_full_day_of_looks() => Assert.Equal(
        new RetryDecision.CheckAt(Now.AddMinutes(1)),
        RetryPlan.AfterAttempt(
            Broker(50_000) with { ApplyBy = Now.AddDays(-3) }, Result(AttemptOutcome.Sent), Now, NoJitter));

    [Fact]
    public void Publishing_again_does_not_start_the_day_of_looks_anew() => Assert.Equal(
        new RetryDecision.Park(Now.AddDays(1)),
        RetryPlan.AfterAttempt(
            Broker(9) with { ApplyBy = Now.AddDays(-1), FirstSentAt = Now.AddDays(-1).AddSeconds(-60) },
            Result(AttemptOutcome.Sent),
            Now,
            NoJitter));

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 3, true)]
    [InlineData(1, 0, false)]
    [InlineData(1, 3, false)]
    public void Only_an_empty_queue_is_published_to_again(uint ready, uint consumers, bool again) =>
        Assert.Equal(again, RetryPlan.MustPublishAgain(new QueueState.Present(ready, consumers)));

    [Fact]
    public void A_lost_queue_is_published_to_again_and_an_unknown_one_is_not()
    {
        Assert.True(RetryPlan.MustPublishAgain(new QueueState.Missing()));
        Assert.False(RetryPlan.MustPublishAgain(new QueueState.Unknown()));
    }

    private static DeliveryProgress Webhook(int attempts) =>
        new(ChannelTypes.Webhook, attempts, Now.AddSeconds(-60), FirstSentAt: null);

    private static DeliveryProgress Broker(int attempts) =>
        new(ChannelTypes.RabbitMq, attempts, Now.AddSeconds(60), FirstSentAt: null);

    private static AttemptResult Result(AttemptOutcome outcome) => new(outcome, Now, Now);
}
