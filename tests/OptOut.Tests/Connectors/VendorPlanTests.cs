using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Reading;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Tests.Connectors;

/// <summary>Where a vendor's lists fit a scope badly, more is stopped and less is lifted.</summary>
public sealed class VendorPlanTests
{
    private static readonly VendorList[] Lists =
    [
        new("marketing", "email", "10"), new("marketing.news", "email", "11"), new("marketing", "sms", "12"), new("analytics", "any", "13"),
    ];

    [Theory]
    [InlineData("marketing", "any", "10 11 12")]
    [InlineData("marketing", "email", "10 11")]
    [InlineData("marketing.news", "email", "11")]
    [InlineData("marketing.news.daily", "email", "11")]
    [InlineData("marketing.offers", "email", "10")]
    [InlineData("marketing.offers", "sms", "12")]
    [InlineData("all", "any", "10 11 12 13")]
    [InlineData("analytics", "push", "13")]
    [InlineData("research", "email", "")]
    public void A_stop_goes_to_every_list_within_its_scope_or_to_the_nearest_around_it(string purpose, string channel, string lists)
    {
        var plan = VendorPlan.Of(Of("sendgrid"), System(Lists), TemplateTests.Data(purpose: purpose, channel: channel), []);

        Assert.Equal(lists, plan is VendorPlan.Calls calls ? string.Join(' ', calls.Each.Select(one => one.List)) : "");
        if (lists.Length == 0)
            Assert.Equal(new VendorPlan.Answered(AcknowledgementOutcome.Refused, VendorPlan.NotMapped), plan);
    }

    [Theory]
    [InlineData("marketing", "any", "", "10 11 12")]
    [InlineData("marketing.news", "email", "", "11")]
    [InlineData("marketing.offers", "email", "", "")]
    [InlineData("marketing.offers", "email", "marketing.news/email", "")]
    [InlineData("marketing", "email", "marketing.news/any", "10")]
    [InlineData("marketing", "any", "marketing.offers/sms", "10 11")]
    [InlineData("marketing", "any", "research/any", "10 11 12")]
    public void A_lift_frees_only_lists_that_lie_in_its_scope_and_that_no_other_stop_needs(
        string purpose, string channel, string standing, string lists)
    {
        var stops = standing.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => new Scope(text.Split('/')[0], text.Split('/')[1])).ToList();

        var plan = VendorPlan.Of(Of("sendgrid"), System(Lists),
            TemplateTests.Data(purpose: purpose, channel: channel, state: OptOutState.OptedIn), stops);

        Assert.Equal(lists, plan is VendorPlan.Calls calls ? string.Join(' ', calls.Each.Select(one => one.List)) : "");
    }

    [Fact]
    public void A_vendor_without_lists_is_freed_only_when_the_last_stop_that_it_was_told_is_gone()
    {
        var lifted = TemplateTests.Data(purpose: "marketing.news", state: OptOutState.OptedIn);

        Assert.IsType<VendorPlan.Answered>(VendorPlan.Of(Of("amazon-ses"), System([]), lifted, [new Scope("marketing.offers", "any")]));
        Assert.IsType<VendorPlan.Calls>(VendorPlan.Of(Of("amazon-ses"), System([]), lifted, [new Scope("research", "any")]));
    }

    [Fact]
    public void What_a_vendor_can_not_do_is_refused_and_whom_it_can_not_know_is_no_match()
    {
        var lifted = TemplateTests.Data(state: OptOutState.OptedIn);
        Assert.Equal(new VendorPlan.Answered(AcknowledgementOutcome.Refused, VendorPlan.NoWayBack),
            VendorPlan.Of(Of("hubspot"), System(Lists), lifted, []));
        Assert.Equal(new VendorPlan.Answered(AcknowledgementOutcome.NoMatch, VendorPlan.NoIdentifier),
            VendorPlan.Of(Of("sendgrid"), System(Lists), TemplateTests.Data("+4930123456", "phone"), []));
    }

    private static ConnectorDefinition Of(string name) => DefinitionReader.Read(
        ConnectorCatalogue.Shipped().Single(one => one.File == name + ".yaml").Text).Definition!;

    private static DownstreamSystem System(IReadOnlyList<VendorList> lists) => new(
        1, Guid.Empty, "acme", "Acme", "vendor", "somebody", new SystemChannel("connector", Definition: "sendgrid", Lists: lists),
        new SystemContract(["marketing", "analytics"], ["any"], [new ContractIdentifier("email")]), "active", "kid", 1, []);
}
