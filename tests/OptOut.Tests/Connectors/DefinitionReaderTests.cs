using OptOut.Service;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Reading;

namespace OptOut.Tests.Connectors;

public sealed class DefinitionReaderTests
{
    private const string Sound =
        """
        name: acme
        title: Acme
        documentation: https://acme.example/docs
        endpoint: { url: 'https://{{settings.region}}.acme.example' }
        identifiers: [email]
        settings:
          region: { title: the region, pattern: '[a-z]{2}', default: eu }
        secrets: [apiKey]
        lists: { title: a list, pattern: '[0-9]+' }
        authentication: { type: bearer, token: '{{secrets.apiKey}}' }
        rate: { requests: 1, seconds: 1 }
        stop:
          request:
            method: POST
            path: /v1/lists/{{list}}/people/{{identifier.value | lower | md5}}?purpose={{scope.purpose}}
            headers: { X-Delivery: '{{delivery.id}}' }
            json: { email: '{{identifier.value}}', flags: [1, true, null, '1'] }
          outcomes:
            - { status: [200, 201], path: '$.items[0].state', equals: stopped, is: applied }
            - { status: 4xx, path: $.code, in: ['7', '8'], is: refused, reason: not ours }
            - { status: 404, is: no_match }
        """;

    [Fact]
    public void Every_shipped_definition_reads_without_a_fault()
    {
        var shipped = ConnectorCatalogue.Shipped().ToList();
        Assert.Equal(
            ["amazon-ses", "braze", "customer-io", "hubspot", "mailchimp", "segment", "sendgrid", "twilio"],
            shipped.Select(one => DefinitionReader.Read(one.Text).Definition?.Name).Order());
        Assert.All(shipped, one => Assert.Equal(one.File, DefinitionReader.Read(one.Text).Definition!.Name + ".yaml"));
    }

    [Fact]
    public void A_sound_definition_has_no_fault() => Assert.Empty(DefinitionReader.Read(Sound).Faults);

    [Theory]
    [InlineData("name: acme", "name: [", "", "syntax")]
    [InlineData("name: acme", "name: acme\nname: twice", "", "syntax")]
    [InlineData("name: acme", "name: Acme Corp", "name", "name_invalid")]
    [InlineData("name: acme", "name: &anchor acme", "", "anchor_not_allowed")]
    [InlineData("title: Acme", "title: Acme\nwebsite: x", "website", "unknown_key")]
    [InlineData("method: POST", "method: POST\n    follow: true", "stop.request.follow", "unknown_key")]
    [InlineData("{{delivery.id}}", "{{delivery.number}}", "stop.request.headers.X-Delivery", "template_field_unknown")]
    [InlineData("'{{identifier.value}}', flags", "'{{identifer.value}}', flags", "stop.request.json.email", "template_field_unknown")]
    [InlineData("{{list}}", "{{settings.zone}}", "stop.request.path", "template_field_unknown")]
    [InlineData("| md5", "| rot13", "stop.request.path", "template_filter_unknown")]
    [InlineData("{{delivery.id}}", "{{delivery.id", "stop.request.headers.X-Delivery", "template_syntax")]
    [InlineData("token: '{{secrets.apiKey}}'", "token: sk_live_12345", "authentication.token", "secret_in_clear")]
    [InlineData("{{delivery.id}}", "{{secrets.apiKey}}", "stop.request.headers.X-Delivery", "secret_misplaced")]
    [InlineData("X-Delivery: '{{delivery.id}}'", "X-Api-Key: 12345", "stop.request.headers.X-Api-Key", "secret_in_clear")]
    [InlineData("?purpose={{scope.purpose}}", "?api_key=12345", "stop.request.path", "secret_in_clear")]
    [InlineData("X-Delivery", "Host", "stop.request.headers.Host", "header_name_invalid")]
    [InlineData("path: /v1", "path: //evil.example", "stop.request.path", "path_invalid")]
    [InlineData("path: /v1", "path: /../v1", "stop.request.path", "path_invalid")]
    [InlineData("https://{{settings.region}}.acme.example", "http://acme.example", "endpoint.url", "endpoint_invalid")]
    [InlineData("https://{{settings.region}}.acme.example", "https://user:pw@acme.example", "endpoint.url", "endpoint_invalid")]
    [InlineData("https://{{settings.region}}.acme.example", "https://{{identifier.value}}.example", "endpoint.url", "template_field_misplaced")]
    [InlineData("type: bearer", "type: digest", "authentication.type", "authentication_unknown")]
    [InlineData("is: no_match", "is: done", "stop.outcomes[2].is", "outcome_unknown")]
    [InlineData("status: 404", "status: 99", "stop.outcomes[2].status", "status_invalid")]
    [InlineData("'$.items[0].state', equals: stopped", "'$..state', equals: stopped", "stop.outcomes[0].path", "path_invalid")]
    [InlineData("requests: 1", "requests: 0", "rate.requests", "out_of_range")]
    [InlineData("'[0-9]+'", "'(?=a)'", "lists.pattern", "pattern_invalid")]
    [InlineData("default: eu", "default: europe", "settings.region.default", "pattern_mismatch")]
    [InlineData("identifiers: [email]", "identifiers: []", "identifiers", "required")]
    public void A_fault_is_named_with_its_place(string sound, string broken, string path, string code)
    {
        Assert.Contains(sound, Sound, StringComparison.Ordinal);

        var read = DefinitionReader.Read(Sound.Replace(sound, broken, StringComparison.Ordinal));

        Assert.Null(read.Definition);
        var fault = Assert.Single(read.Faults, one => one.Code == code && one.Path == path);
        Assert.True(fault.Line >= 1);
    }

    [Fact]
    public void All_faults_of_a_file_are_told_at_once_each_with_its_line()
    {
        var broken = Sound
            .Replace("name: acme", "name: ACME", StringComparison.Ordinal)
            .Replace("token: '{{secrets.apiKey}}'", "token: clear", StringComparison.Ordinal)
            .Replace("{{delivery.id}}", "{{nothing}}", StringComparison.Ordinal)
            .Replace("is: no_match", "is: perhaps", StringComparison.Ordinal) + "\nextra: 1\n";

        var faults = DefinitionReader.Read(broken).Faults;

        Assert.Equal(
            [(1, "name_invalid"), (10, "secret_in_clear"), (16, "template_field_unknown"), (21, "outcome_unknown"), (22, "unknown_key")],
            faults.Select(fault => ((int)fault.Line, fault.Code)));
    }

    [Fact]
    public void The_faults_of_every_file_of_a_directory_end_the_start()
    {
        var directory = Directory.CreateTempSubdirectory("optout-connectors-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "one.yaml"), Sound.Replace("rate:", "pace:", StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(directory, "two.yaml"), Sound.Replace("name: acme", "name: sendgrid", StringComparison.Ordinal));

            var refused = Assert.Throws<ConfigurationException>(() => ConnectorCatalogue.Load(directory));

            Assert.Contains("one.yaml:11:1 pace: unknown_key", refused.Message, StringComparison.Ordinal);
            Assert.Contains("rate: required", refused.Message, StringComparison.Ordinal);
            Assert.Contains("two.yaml: name_taken", refused.Message, StringComparison.Ordinal);
            File.Delete(Path.Combine(directory, "one.yaml"));
            File.WriteAllText(Path.Combine(directory, "two.yaml"), Sound);
            Assert.NotNull(ConnectorCatalogue.Load(directory).Find("acme"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
