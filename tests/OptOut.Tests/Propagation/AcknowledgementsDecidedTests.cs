using OptOut.Contracts;
using OptOut.Service.Propagation;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Systems;

namespace OptOut.Tests.Propagation;

/// <summary>The whole table of what a word does to a delivery: nothing, or one new state.</summary>
public sealed class AcknowledgementsDecidedTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);
    private static readonly Guid DeliveryId = Guid.CreateVersion7(Now);
    private static readonly Guid OptOutId = Guid.CreateVersion7(Now);
    private static readonly byte[] RecordHash = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static TheoryData<AcknowledgementOutcome, string, string> Open => new()
    {
        { AcknowledgementOutcome.Received, DeliveryStates.Pending, DeliveryStates.Received },
        { AcknowledgementOutcome.Received, DeliveryStates.Sent, DeliveryStates.Received },
        { AcknowledgementOutcome.Received, DeliveryStates.Retrying, DeliveryStates.Received },
        { AcknowledgementOutcome.Received, DeliveryStates.Parked, DeliveryStates.Received },
        { AcknowledgementOutcome.Applied, DeliveryStates.Pending, DeliveryStates.Applied },
        { AcknowledgementOutcome.Applied, DeliveryStates.Sent, DeliveryStates.Applied },
        { AcknowledgementOutcome.Applied, DeliveryStates.Received, DeliveryStates.Applied },
        { AcknowledgementOutcome.Applied, DeliveryStates.Retrying, DeliveryStates.Applied },
        { AcknowledgementOutcome.Applied, DeliveryStates.Parked, DeliveryStates.Applied },
        { AcknowledgementOutcome.NoMatch, DeliveryStates.Sent, DeliveryStates.NoMatch },
        { AcknowledgementOutcome.NoMatch, DeliveryStates.Received, DeliveryStates.NoMatch },
        { AcknowledgementOutcome.Refused, DeliveryStates.Sent, DeliveryStates.Refused },
        { AcknowledgementOutcome.Refused, DeliveryStates.Received, DeliveryStates.Refused },
        { AcknowledgementOutcome.Failed, DeliveryStates.Sent, DeliveryStates.Retrying },
        { AcknowledgementOutcome.Failed, DeliveryStates.Received, DeliveryStates.Retrying },
        { AcknowledgementOutcome.Failed, DeliveryStates.Retrying, DeliveryStates.Retrying },
    };

    public static TheoryData<AcknowledgementOutcome, string> Closed => [.. Enum.GetValues<AcknowledgementOutcome>()
        .SelectMany(outcome => DeliveryStates.Closed.Select(state => new TheoryDataRow<AcknowledgementOutcome, string>(outcome, state)))];

    [Theory]
    [MemberData(nameof(Open))]
    public void A_word_about_an_open_delivery_moves_it(AcknowledgementOutcome outcome, string state, string expected) =>
        Assert.Equal(AcknowledgementDecision.Move(expected), AcknowledgementDecider.Decide(Claim(outcome), Delivery(state)));

    [Theory]
    [MemberData(nameof(Closed))]
    public void No_word_moves_a_closed_delivery(AcknowledgementOutcome outcome, string state)
    {
        var decision = AcknowledgementDecider.Decide(Claim(outcome), Delivery(state));

        Assert.Null(decision.NewState);
        var same = state == DeliveryStates.Applied && outcome == AcknowledgementOutcome.Applied
            || state == DeliveryStates.NoMatch && outcome == AcknowledgementOutcome.NoMatch
            || state == DeliveryStates.Refused && outcome == AcknowledgementOutcome.Refused;
        Assert.Equal(
            state == DeliveryStates.Superseded ? RejectionCodes.Stale : same ? RejectionCodes.Repeated : RejectionCodes.AlreadyClosed,
            decision.Rejection);
    }

    [Fact]
    public void What_was_refused_before_stays_refused_with_its_own_code() => Assert.Equal(
        AcknowledgementDecision.Reject(RejectionCodes.SignatureInvalid),
        AcknowledgementDecider.Decide(
            Claim(AcknowledgementOutcome.Applied) with { Rejection = RejectionCodes.SignatureInvalid }, Delivery(DeliveryStates.Sent)));

    [Fact]
    public void A_word_about_no_delivery_of_ours_is_refused() => Assert.Equal(
        AcknowledgementDecision.Reject(RejectionCodes.DeliveryUnknown),
        AcknowledgementDecider.Decide(Claim(AcknowledgementOutcome.Applied), null));

    [Fact]
    public void Ownership_comes_before_everything_that_could_tell_a_stranger_about_the_delivery()
    {
        foreach (var state in DeliveryStates.All)
            Assert.Equal(
                AcknowledgementDecision.Reject(RejectionCodes.ForeignDelivery),
                AcknowledgementDecider.Decide(Claim(AcknowledgementOutcome.Applied), Delivery(state) with { SystemId = 8, Version = 5 }));
    }

    [Fact]
    public void Version_opt_out_and_record_must_all_be_the_ones_that_were_sent()
    {
        var claim = Claim(AcknowledgementOutcome.Applied);
        foreach (var word in (Acknowledgement[])
            [
                claim.Word! with { Version = 3 }, claim.Word! with { Version = 1 },
                claim.Word! with { OptOutId = "oo_" + Guid.Empty.ToString("N") }, claim.Word! with { OptOutId = "nothing" },
                claim.Word! with { RecordHash = "" }, claim.Word! with { RecordHash = Convert.ToBase64String(new byte[32]) },
            ])
            Assert.Equal(
                AcknowledgementDecision.Reject(RejectionCodes.RecordMismatch),
                AcknowledgementDecider.Decide(claim with { Word = word }, Delivery(DeliveryStates.Sent)));
    }

    [Fact]
    public void An_older_version_is_stale_once_the_newer_one_is_closed_even_if_it_is_still_open() => Assert.Equal(
        AcknowledgementDecision.Reject(RejectionCodes.Stale),
        AcknowledgementDecider.Decide(
            Claim(AcknowledgementOutcome.Applied), Delivery(DeliveryStates.Sent) with { NewerClosed = true }));

    [Fact]
    public void What_was_never_sent_cannot_be_answered()
    {
        foreach (var outcome in Enum.GetValues<AcknowledgementOutcome>())
            Assert.Equal(
                AcknowledgementDecision.Reject(RejectionCodes.NotSent),
                AcknowledgementDecider.Decide(Claim(outcome), Delivery(DeliveryStates.Pending) with { NeverSent = true }));
    }

    [Fact]
    public void The_same_message_about_an_open_delivery_is_a_repeat_and_another_message_is_news()
    {
        var claim = Claim(AcknowledgementOutcome.Failed);
        var heard = Delivery(DeliveryStates.Sent) with { Heard = [AcknowledgementDecider.KeyOf(claim)] };

        Assert.Equal(AcknowledgementDecision.Reject(RejectionCodes.Repeated), AcknowledgementDecider.Decide(claim, heard));
        Assert.Equal(AcknowledgementDecision.Move(DeliveryStates.Retrying),
            AcknowledgementDecider.Decide(claim with { MessageId = "msg_2" }, heard));
        // One HTTP batch may say received and applied under one id.
        Assert.Equal(AcknowledgementDecision.Move(DeliveryStates.Applied),
            AcknowledgementDecider.Decide(Claim(AcknowledgementOutcome.Applied), heard));
        Assert.Equal(AcknowledgementDecision.Reject(RejectionCodes.Repeated),
            AcknowledgementDecider.Decide(Claim(AcknowledgementOutcome.Received) with { MessageId = "msg_3" }, Delivery(DeliveryStates.Received)));
    }

    [Theory]
    [InlineData("msg_01998a6f", "msg_01998a6f")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_message_id_that_tells_nothing_is_kept(string? id, string kept) => Assert.Equal(kept, Redaction.OfMessageId(id));

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("+4915112345678")]
    [InlineData("msg_\0")]
    [InlineData("msg_1\n")]
    [InlineData("msg é")]
    public void Another_message_id_is_kept_as_its_hash(string id)
    {
        Assert.Matches("^sha256:[0-9a-f]{64}$", Redaction.OfMessageId(id));
        Assert.Equal(Redaction.OfMessageId(id), Redaction.OfMessageId(id));
    }

    [Fact]
    public void Words_that_look_like_a_person_are_withheld_and_others_are_kept()
    {
        AcknowledgementAction plain = new() { Asset = "contacts", Action = AppliedAction.Deleted, Count = 2, Method = "flag" };
        AcknowledgementAction[] actions = [plain, plain with { Asset = "ada@example.com" }, plain with { Method = "a\0b" }];

        var kept = Redaction.OfActions(actions);

        Assert.Equal([plain, plain with { Asset = "[withheld]" }, plain with { Method = "[withheld]" }], kept);
        Assert.Same(actions[..1][0], Redaction.OfActions(actions[..1])[0]);
        Assert.Equal("[withheld]", Redaction.OfReason("call +49 151 1234567"));
        Assert.Equal("the store is away", Redaction.OfReason("the store is away"));
        Assert.Null(Redaction.OfReason(null));
    }

    private static AcknowledgementClaim Claim(AcknowledgementOutcome outcome) => new()
    {
        Source = AcknowledgementSources.Amqp,
        BodyHash = new byte[32],
        MessageId = "msg_1",
        System = new DownstreamSystem(7, Guid.Empty, "crm", "CRM", "internal", "sales-ops", new SystemChannel("rabbitmq", null),
            new SystemContract([], [], [], 60), SystemStates.Active, "k1", 1, []),
        Word = new Acknowledgement
        {
            DeliveryId = $"dlv_{DeliveryId:N}", OptOutId = $"oo_{OptOutId:N}", Version = 2,
            RecordHash = Convert.ToBase64String(RecordHash), Outcome = outcome,
        },
    };

    private static AcknowledgedDelivery Delivery(string state) => new(
        DeliveryId, 7, OptOutId, 2, RecordHash, state, 1, Now, Now.AddMinutes(1), Now, Guid.Empty, NewerClosed: false, NeverSent: false, Heard: []);
}
