using System.Text;
using System.Text.Json.Nodes;
using OptOut.Contracts;

namespace OptOut.Tests.Contracts;

public sealed class AcknowledgementContractTests
{
    private const string Page =
        """
        { "deliveryId": "dlv_1", "optOutId": "oo_1", "version": 1, "recordHash": "aGFzaA==", "outcome": "applied",
          "appliedAt": "2026-11-20T15:00:01.000Z",
          "actions": [ { "asset": "contacts", "action": "suppressed", "count": 1, "method": "flag" } ], "reason": null }
        """;

    [Fact]
    public void The_object_of_the_contract_is_read_and_written_back_the_same()
    {
        var read = Parse(Page)!;
        Assert.Equal(AcknowledgementOutcome.Applied, read.Outcome);
        Assert.Equal(AppliedAction.Suppressed, Assert.Single(read.Actions).Action);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Page), JsonNode.Parse(read.ToUtf8Bytes())));
    }

    [Fact]
    public void The_least_that_an_outsider_must_say_is_enough() =>
        Assert.Empty(Parse("""{"deliveryId":"d","optOutId":"o","version":1,"recordHash":"h","outcome":"no_match"}""")!.Actions);

    [Theory]
    [InlineData("\"reason\": null", "\"reason\": null, \"system\": \"crm\"")]
    [InlineData("\"count\": 1", "\"count\": 1, \"extra\": 1")]
    [InlineData("\"count\": 1", "\"count\": -1")]
    [InlineData("\"applied\"", "\"Applied\"")]
    [InlineData("\"applied\"", "\"superseded\"")]
    [InlineData("\"suppressed\"", "\"suppressed,deleted\"")]
    [InlineData("\"version\": 1", "\"version\": 0")]
    [InlineData("\"version\": 1", "\"version\": 1, \"version\": 2")]
    [InlineData("\"version\": 1,", "")]
    [InlineData("\"recordHash\": \"aGFzaA==\"", "\"recordHash\": null")]
    [InlineData("\"asset\": \"contacts\"", "\"asset\": \"\"")]
    [InlineData("[ {", "[ null, {")]
    public void Anything_else_is_refused(string find, string replace)
    {
        Assert.Contains(find, Page, StringComparison.Ordinal);
        Assert.Null(Parse(Page.Replace(find, replace, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_reason_beyond_its_bound_is_refused() =>
        Assert.Null(Parse(Page.Replace("null", $"\"{new string('x', 501)}\"", StringComparison.Ordinal)));

    [Fact]
    public void The_closed_sets_have_exactly_the_names_of_the_contract()
    {
        Assert.Equal("received applied no_match refused failed", Join<AcknowledgementOutcome>());
        Assert.Equal("suppressed deleted anonymised restricted cancelled_queued none", Join<AppliedAction>());
        Assert.Equal("opted_out opted_in", Join<OptOutState>());
        Assert.Equal("plain sha256 hmac", Join<IdentifierForm>());
        Assert.Equal("ok missing_header malformed too_old too_new mismatch", Join<SignatureVerdict>());
    }

    private static string Join<T>()
        where T : struct, Enum =>
        string.Join(' ', WireNames.All<T>());

    private static Acknowledgement? Parse(string text) => Acknowledgement.TryParse(Encoding.UTF8.GetBytes(text));
}
