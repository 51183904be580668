using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using OptOut.IntegrationTests.Portal;
using OptOut.Tests.Http;

namespace OptOut.IntegrationTests.OpenApi;

/// <summary>A service of its own: the example of an incident locks what others lower.</summary>
[CollectionDefinition(Name)]
public sealed class DocumentGroup : ICollectionFixture<PortalService>
{
    public const string Name = "document";
}

/// <summary>The document of the whole service, as a reader gets it.</summary>
[Collection(DocumentGroup.Name)]
public sealed partial class DocumentTests(PortalService service)
{
    private const string Path = "/openapi/v1.json";
    private const string Json = "application/json";

    // What the strict reader says about a body that is not of the documented form.
    private static readonly HashSet<string> FormFaults = new(StringComparer.Ordinal)
    {
        "malformed_request", "invalid_json", "invalid_encoding", "null_character", "too_deep", "duplicate_member",
        "unknown_member", "wrong_type", "unsupported_media_type", "body_too_large", "internal_error",
    };

    [Fact]
    public async Task Every_operation_of_the_real_service_is_complete_in_openapi_3_1()
    {
        using var document = await ReadAsync();
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Empty(OpenApiGaps.Find(document.RootElement));
        Assert.True(Operations(document.RootElement).Count() >= 35);
    }

    [Fact]
    public async Task Every_operation_has_an_id_of_its_own()
    {
        using var document = await ReadAsync();
        var ids = Operations(document.RootElement).Select(one => one.Body.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("POST", "/v1/opt-outs", "Idempotency-Key")]
    [InlineData("POST", "/v1/opt-outs/{id}/reversals", "If-Match! Idempotency-Key!")]
    [InlineData("GET", "/v1/opt-outs/{id}/propagation", "Prefer")]
    [InlineData("GET", "/v1/deliveries", "limit cursor system state overdue optOut since")]
    [InlineData("PUT", "/v1/systems/{name}", "If-Match")]
    [InlineData("POST", "/v1/acknowledgements", "webhook-id! webhook-timestamp! webhook-signature!")]
    [InlineData("POST", "/gpc", "Sec-GPC!")]
    public async Task What_a_route_reads_from_headers_and_query_stands_in_its_operation(
        string method, string path, string expected)
    {
        using var document = await ReadAsync();
        var operation = Operations(document.RootElement).Single(one => one.Method == method && one.Path == path).Body;
        var names = operation.GetProperty("parameters").EnumerateArray()
            .Where(one => one.GetProperty("in").GetString() != "path")
            .Select(one => one.GetProperty("name").GetString()
                + (one.TryGetProperty("required", out var required) && required.GetBoolean() ? "!" : ""));
        Assert.Equal(expected, string.Join(' ', names));
    }

    [Fact]
    public async Task Every_operation_states_the_refusals_of_the_gate_and_of_the_reader_of_json()
    {
        using var document = await ReadAsync();
        foreach (var (method, path, operation) in Operations(document.RootElement))
        {
            var statuses = operation.GetProperty("responses").EnumerateObject().Select(one => one.Name).ToHashSet();
            var isOpen = operation.GetProperty("security").EnumerateArray().Any(one => !one.EnumerateObject().Any());
            Assert.True(isOpen || statuses.IsSupersetOf(["401", "403"]), $"{method} {path}");
            var takesJson = operation.TryGetProperty("requestBody", out var body)
                && body.GetProperty("content").TryGetProperty(Json, out _);
            Assert.True(!takesJson || statuses.IsSupersetOf(["400", "413", "415"]), $"{method} {path}");
        }
    }

    [Theory]
    [InlineData("POST", "/v1/opt-outs", "200 201")]
    [InlineData("PUT", "/v1/systems/{name}", "200 201 202")]
    public async Task Every_good_answer_of_a_route_stands_in_its_operation(string method, string path, string expected)
    {
        using var document = await ReadAsync();
        var operation = Operations(document.RootElement).Single(one => one.Method == method && one.Path == path).Body;
        Assert.Equal(expected, string.Join(' ', operation.GetProperty("responses").EnumerateObject()
            .Select(one => one.Name).Where(status => status[0] == '2').Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_member_that_may_be_null_says_so_in_its_schema()
    {
        using var document = await ReadAsync();
        var silence = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("FindingView")
            .GetProperty("properties").GetProperty("silence");
        Assert.Contains("null", silence.GetProperty("oneOf").EnumerateArray()
            .Select(one => one.TryGetProperty("type", out var type) ? type.GetString() : null));
    }

    [Fact]
    public async Task Only_a_reader_gets_the_document()
    {
        using var nobody = await service.GetAsync(Path);
        using var recorder = await service.GetAsync(Path, "recorder");
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (nobody.StatusCode, recorder.StatusCode));
    }

    [Fact]
    public async Task Every_json_example_is_json_and_no_text_that_only_looks_like_it()
    {
        using var document = await ReadAsync();
        var examples = Operations(document.RootElement).SelectMany(operation => Contents(operation.Body)).ToList();
        Assert.True(examples.Count > 100);
        Assert.All(examples, content => Assert.Contains(
            content.Value.GetProperty("example").ValueKind, (JsonValueKind[])[JsonValueKind.Object, JsonValueKind.Array]));
    }

    [Fact]
    public async Task No_example_of_a_request_is_refused_for_its_form()
    {
        using var document = await ReadAsync();
        List<string> refused = [];
        var sent = 0;
        foreach (var (method, path, operation) in Operations(document.RootElement))
        {
            if (!operation.TryGetProperty("requestBody", out var body)
                || !body.GetProperty("content").TryGetProperty(Json, out var content)) continue;
            sent++;
            var (role, example) = (RoleOf(operation), content.GetProperty("example").GetRawText());
            using var request = new HttpRequestMessage(new HttpMethod(method), Parameter().Replace(path, "example"))
            {
                Content = new StringContent(example, System.Text.Encoding.UTF8, new System.Net.Http.Headers.MediaTypeHeaderValue(Json)),
            };
            request.Headers.TryAddWithoutValidation("Sec-GPC", "1");
            using var answer = await service.SendAsync(request, role);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (!answer.IsSuccessStatusCode && FormFaults.Contains(await PortalService.CodeAsync(answer))) refused.Add($"{method} {path}: {text}");
        }

        Assert.Empty(refused);
        Assert.True(sent >= 12);
    }

    private async Task<JsonDocument> ReadAsync()
    {
        using var answer = await service.GetAsync(Path, "reader");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    // One of the roles that the operation names, of those that the tests hold a key for.
    private static string RoleOf(JsonElement operation)
    {
        var roles = operation.GetProperty("security").EnumerateArray()
            .SelectMany(one => one.TryGetProperty("apiKey", out var named) ? named.EnumerateArray() : [])
            .Select(role => role.GetString()!).ToHashSet(StringComparer.Ordinal);
        return roles.Contains("recorder") ? "recorder" : roles.Contains("portal") ? "portal" : "bootstrap";
    }

    private static IEnumerable<(string Method, string Path, JsonElement Body)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(one => one.Value.ValueKind == JsonValueKind.Object)
            .Select(one => (one.Name.ToUpperInvariant(), path.Name, one.Value)));

    private static IEnumerable<JsonProperty> Contents(JsonElement operation)
    {
        var holders = operation.GetProperty("responses").EnumerateObject().Select(response => response.Value);
        if (operation.TryGetProperty("requestBody", out var body)) holders = holders.Append(body);
        return holders.Where(holder => holder.TryGetProperty("content", out _))
            .SelectMany(holder => holder.GetProperty("content").EnumerateObject())
            .Where(content => content.Name is Json or "application/problem+json");
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
