using System.Text;
using System.Text.Json;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Tests.Connectors;

/// <summary>Whatever a value holds, it stays in the place that the definition gives it.</summary>
public sealed class TemplateTests
{
    private static readonly Uri Endpoint = new("https://api.acme.example");

    [Theory]
    [InlineData("a/b?c=d&e#f", "/people/a%2Fb%3Fc%3Dd%26e%23f/x", "a%2Fb%3Fc%3Dd%26e%23f")]
    [InlineData("ä b%41", "/people/%C3%A4%20b%2541/x", "%C3%A4%20b%2541")]
    [InlineData(@"..\..\admin", @"/people/..%5C..%5Cadmin/x", "..%5C..%5Cadmin")]
    public void In_a_url_a_value_is_one_segment(string value, string path, string query)
    {
        var composed = RequestComposer.Compose(
            Request("/people/{{identifier.value}}/x?q={{identifier.value}}"), Endpoint, Values(value));

        Assert.Equal(path, composed.Url.AbsolutePath);
        Assert.Equal("?q=" + query, composed.Url.Query);
        Assert.Equal("api.acme.example", composed.Url.Host);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    public void A_segment_that_would_walk_the_path_is_not_sent(string value) => Assert.Throws<TemplateException>(
        () => RequestComposer.Compose(Request("/people/{{identifier.value}}/x"), Endpoint, Values(value)));

    [Theory]
    [InlineData("a\r\nX-Admin: 1")]
    [InlineData("a\nb")]
    [InlineData("ä")]
    public void A_header_takes_no_line_break_and_nothing_beyond_ascii(string value)
    {
        var request = Request("/x") with { Headers = [("X-Person", Template.TryParse("{{identifier.value}}")!)] };

        Assert.Throws<TemplateException>(() => RequestComposer.Compose(request, Endpoint, Values(value)));
    }

    [Theory]
    [InlineData("\",\"admin\":true,\"x\":\"")]
    [InlineData("{{secrets.apiKey}}")]
    [InlineData("\u2028\\u0000 \"")]
    public void In_json_a_value_is_one_string(string value)
    {
        var body = new VendorBody(false, new BodyNode.Map([("email", new BodyNode.Text(Template.TryParse("{{identifier.value}}")!))]));

        var composed = RequestComposer.Compose(Request("/x") with { Body = body }, Endpoint, Values(value));

        using var document = JsonDocument.Parse(composed.Body);
        var member = Assert.Single(document.RootElement.EnumerateObject());
        Assert.Equal(value, member.Value.GetString());
    }

    [Fact]
    public void In_a_form_a_value_is_one_field_and_a_mapping_is_its_json()
    {
        var text = new BodyNode.Text(Template.TryParse("{{identifier.value}}")!);
        var body = new VendorBody(true, new BodyNode.Map(
            [("a", text), ("Items", new BodyNode.Map([("id", text), ("n", new BodyNode.Constant("1"))]))]));

        var composed = RequestComposer.Compose(Request("/x") with { Body = body }, Endpoint, Values("+1&b=2"));

        Assert.Equal("a=%2B1%26b%3D2&Items=%7B%22id%22%3A%22%2B1%26b%3D2%22%2C%22n%22%3A1%7D", Encoding.UTF8.GetString(composed.Body));
    }

    [Fact]
    public void Filters_run_in_order_and_numbers_are_numbers_or_nothing()
    {
        var values = Values("Urist.McVankab@freddiesjokes.com");
        Assert.Equal("62eeb292278cc15f5817cb78f7790b08",
            Template.TryParse("{{identifier.value | lower | md5}}")!.Render(values, TemplateContext.Url));
        var body = new VendorBody(false, new BodyNode.Map([("n", new BodyNode.Text(Template.TryParse("{{version | number}}")!))]));
        Assert.Equal("""{"n":3}""", Encoding.UTF8.GetString(
            RequestComposer.Compose(Request("/x") with { Body = body }, Endpoint, values).Body));
        var text = new VendorBody(false, new BodyNode.Map([("n", new BodyNode.Text(Template.TryParse("{{scope.purpose | number}}")!))]));
        Assert.Throws<TemplateException>(() => RequestComposer.Compose(Request("/x") with { Body = text }, Endpoint, values));
    }

    [Fact]
    public void A_host_takes_one_label_only()
    {
        var template = Template.TryParse("https://{{settings.region}}.acme.example")!;
        string Render(string region) => template.Render(
            new TemplateValues(null, new Dictionary<string, string> { ["region"] = region }, new Dictionary<string, string>()), TemplateContext.Host);

        Assert.Equal("https://eu-1.acme.example", Render("eu-1"));
        foreach (var region in (string[])["evil.example/", "a@b", "", "a.b"])
            Assert.Throws<TemplateException>(() => Render(region));
    }

    [Fact]
    public void What_a_value_holds_stands_in_no_exception_and_no_text_of_a_record()
    {
        var values = Values("ada@example.com\n");
        var request = Request("/x") with { Headers = [("X-Person", Template.TryParse("{{identifier.value}}")!)] };
        var thrown = Assert.Throws<TemplateException>(() => RequestComposer.Compose(request, Endpoint, values));
        Assert.DoesNotContain("ada", thrown.ToString() + values + values.Facts, StringComparison.Ordinal);
    }

    internal static OptOutEventData Data(
        string value = "ada@example.com", string type = "email", string purpose = "marketing", string channel = "any",
        OptOutState state = OptOutState.OptedOut) => new()
    {
        DeliveryId = "dlv_01998a6f0c2e7d5b9a3f4e21c0d7b865", OptOutId = "oo_01998a6f0c2e7d5b9a3f4e21c0d7b866", Version = 3,
        RecordHash = "hash", State = state, SubjectId = "sub_01998a6f0c2e7d5b9a3f4e21c0d7b867",
        Scope = new OptOutScope { Purpose = purpose, Channel = channel },
        Identifiers = [new EventIdentifier { Type = type, Form = IdentifierForm.Plain, Value = value }],
        RecordedAt = DateTimeOffset.UnixEpoch, EffectiveFrom = DateTimeOffset.UnixEpoch, ApplyBy = DateTimeOffset.UnixEpoch,
    };

    private static TemplateValues Values(string value) => new(
        new CallFacts(Data(value), Data(value).Identifiers[0], "7"), new Dictionary<string, string>(), new Dictionary<string, string>());

    private static VendorRequest Request(string path) => new(HttpMethod.Post, Template.TryParse(path)!, [], null);
}
