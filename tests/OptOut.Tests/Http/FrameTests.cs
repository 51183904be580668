using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;
using OptOut.Service.Platform.Http;

namespace OptOut.Tests.Http;

public sealed class FrameTests : IAsyncLifetime
{
    private const string Marked = "marked.person@example.com";

    private LocalApp app = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => app = await LocalApp.StartAsync(Map);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static void Map(WebApplication app)
    {
        app.MapGet("/ok", () => "ok");
        app.MapGet("/number/{n:int}", (int n, int m) => n + m);
        app.MapGet("/o/{token}", (string token) => ProblemKinds.NotFound.With());
        app.MapGet("/things/{id}", (string id) => ProblemKinds.NotFound.With());
        app.MapGet("/boom", string () => throw new InvalidOperationException(Marked));
        app.MapGet("/storage", string () => throw new InvalidOperationException(
            "wrapped", new NpgsqlException(Marked, new TimeoutException())));
        app.MapGet("/deadlock", string () => throw new PostgresException(Marked, "ERROR", "ERROR", "40P01"));
        app.MapGet("/constraint", string () => throw new PostgresException(Marked, "ERROR", "ERROR", "23505"));
        app.MapGet("/late", async http =>
        {
            await http.Response.WriteAsync("half", Cancel);
            await http.Response.Body.FlushAsync(Cancel);
            throw new InvalidOperationException(Marked);
        });
        app.MapPost("/bodies", async (HttpContext http) =>
        {
            var body = await RequestBody.ReadAsync(http, SampleJson.Strict.SampleBody, 1000);
            return body.TryGet(out var value, out var problem) ? Results.Text(value.Name) : problem;
        });
        app.MapPost("/large", async (HttpContext http) =>
            (await RequestBody.ReadRawAsync(http, int.MaxValue)).Problem is { } problem ? problem : Results.Ok());
        app.MapProblemPage();
    }

    [Fact]
    public async Task Every_answer_carries_an_id_of_ours_and_the_security_headers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ok");
        request.Headers.Add("Request-Id", "req_of_the_caller");
        var answer = await app.Client.SendAsync(request, Cancel);

        Assert.Matches("^req_[0-9a-f]{32}$", Header(answer, "Request-Id"));
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Header(answer, "Content-Security-Policy"));
        Assert.Equal("no-store", Header(answer, "Cache-Control"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_problem_is_one_whole_document()
    {
        var answer = await app.Client.GetAsync("/things/oo_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b", Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.ToString());
        var document = JsonDocument.Parse(text).RootElement;
        Assert.Equal(
            ["type", "title", "status", "detail", "instance", "code", "requestId", "traceId"],
            document.EnumerateObject().Select(m => m.Name));
        Assert.Equal("/docs/problems#not_found", document.GetProperty("type").GetString());
        Assert.Equal(404, document.GetProperty("status").GetInt32());
        Assert.Equal("/things/oo_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b", document.GetProperty("instance").GetString());
        Assert.Equal(Header(answer, "Request-Id"), document.GetProperty("requestId").GetString());
    }

    [Theory]
    [InlineData("GET", "/nothing/here", 404, "not_found", "/nothing/here")]
    [InlineData("GET", "/nothing/marked.person@example.com", 404, "not_found", "/nothing/:other")]
    [InlineData("GET", "/nothing/4915112345678", 404, "not_found", "/nothing/:other")]
    [InlineData("DELETE", "/ok", 405, "method_not_allowed", "/ok")]
    [InlineData("GET", "/number/1?m=x", 400, "malformed_request", "/number/1")]
    [InlineData("GET", "/o/c2VjcmV0LXRva2VuLWRvLW5vdC1zaG93", 404, "not_found", "/o/:token")]
    [InlineData("GET", "/o/plain", 404, "not_found", "/o/:token")]
    [InlineData("GET", "/things/marked.person@example.com", 404, "not_found", "/things/:id")]
    [InlineData("GET", "/boom", 500, "internal_error", "/boom")]
    [InlineData("GET", "/constraint", 500, "internal_error", "/constraint")]
    [InlineData("GET", "/storage", 503, "storage_unavailable", "/storage")]
    [InlineData("GET", "/deadlock", 503, "storage_unavailable", "/deadlock")]
    public async Task Every_error_speaks_in_the_same_form_and_repeats_nothing(
        string method, string path, int status, string code, string instance)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var answer = await app.Client.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.ToString());
        var document = JsonDocument.Parse(text).RootElement;
        Assert.Equal((code, instance), (document.GetProperty("code").GetString(), document.GetProperty("instance").GetString()));
        Assert.DoesNotContain("marked", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.Equal(status == 503, answer.Headers.RetryAfter is not null);
        Assert.Matches("^req_", Header(answer, "Request-Id"));
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        if (status == 405) Assert.Equal("GET", answer.Content.Headers.Allow.Single());
    }

    [Fact]
    public async Task No_log_line_holds_a_url_a_body_or_the_words_of_an_exception()
    {
        await app.Client.GetAsync("/boom", Cancel);
        await app.Client.GetAsync("/storage", Cancel);
        await app.Client.GetAsync($"/things/{Marked}?q={Marked}", Cancel);
        await app.Client.GetAsync("/o/secret-token", Cancel);
        await PostAsync("/bodies", $$"""{"name":"{{Marked}}","{{Marked}}":1}""");

        // The framework's own categories are silenced by the logging set-up, which this app does without.
        var ours = app.Log.Lines.Where(l => l.Contains(" 301 ", StringComparison.Ordinal) || l.Contains(" 302 ", StringComparison.Ordinal));
        var text = string.Join('\n', ours);
        Assert.DoesNotContain(Marked, text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", text, StringComparison.Ordinal);
        Assert.Contains("GET /o/{token} 404", text, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException (SQLSTATE (null)) at /boom", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_in_the_middle_of_an_answer_breaks_the_answer_off()
    {
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => app.Client.GetStringAsync("/late", Cancel));
    }

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/cloudevents+json", 200)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    public async Task Only_json_in_utf8_is_read(string type, int status)
    {
        using var content = new ByteArrayContent("""{"name":"a","parts":[]}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        Assert.Equal(status, (int)(await app.Client.PostAsync("/bodies", content, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_compressed_body_is_refused_before_it_is_read()
    {
        using var content = new ByteArrayContent("""{"name":"a","parts":[]}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        content.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(415, (int)(await app.Client.PostAsync("/bodies", content, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/bodies");
        request.Content = new StringContent(new string(' ', 1001), Encoding.UTF8, "application/json");
        request.Headers.TransferEncodingChunked = chunked;
        var answer = await app.Client.SendAsync(request, Cancel);
        Assert.Equal("body_too_large", await CodeAsync(answer));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task The_servers_own_limit_speaks_in_the_same_form()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/large");
        request.Content = new ByteArrayContent(new byte[RequestBody.BatchLimit + 1]);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.ExpectContinue = true;
        var answer = await app.Client.SendAsync(request, Cancel);
        Assert.Equal("body_too_large", await CodeAsync(answer));
    }

    [Fact]
    public async Task A_batch_larger_than_the_servers_buffer_arrives_whole()
    {
        using var content = new ByteArrayContent(new byte[3 * 1024 * 1024]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        Assert.Equal(HttpStatusCode.OK, (await app.Client.PostAsync("/large", content, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Headers_over_sixteen_kibibytes_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ok");
        request.Headers.Add("X-Long", new string('a', 17 * 1024));
        Assert.Equal(431, (int)(await app.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_client_that_never_ends_its_headers_is_dropped()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(app.Address.Host, app.Address.Port, Cancel);
        var stream = socket.GetStream();
        await stream.WriteAsync("GET /ok HTTP/1.1\r\nHost: x\r\n"u8.ToArray(), Cancel);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 408", await reader.ReadToEndAsync(deadline.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_problems_explains_every_code()
    {
        var page = await app.Client.GetStringAsync(ProblemPage.Path, Cancel);
        foreach (var kind in ProblemKinds.All) Assert.Contains($"id=\"{kind.Code}\"", page, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await app.Client.PostAsync(path, content, Cancel);
    }

    private static string Header(HttpResponseMessage answer, string name) => string.Join(",", answer.Headers.GetValues(name));

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("code").GetString();
}
