using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.Client;
using OptOut.Tests.Http;

namespace OptOut.Tests.Client;

/// <summary>A client whose wire ends in a queue of answers. What was sent is kept; the last answer is given for ever.</summary>
internal sealed class Api : HttpMessageHandler
{
    public const string Key = "oo_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private readonly ConcurrentQueue<Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> _answers = new();
    private readonly ConcurrentQueue<Sent> _sent = new();

    public LinesLogger Log { get; } = new();

    public IReadOnlyList<Sent> Requests => [.. _sent];

    public Api Answers(int status, string body = "{}", params (string Name, string Value)[] headers) => Answers((_, _) =>
    {
        var type = status < 400 ? "application/json" : "application/problem+json";
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, type) };
        foreach (var (name, value) in headers) answer.Headers.TryAddWithoutValidation(name, value);
        return Task.FromResult(answer);
    });

    public Api Answers(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    public Api Refuses(int status, string code, params (string Name, string Value)[] headers) =>
        Answers(status, Problem(status, code), headers);

    public static string Problem(int status, string code) =>
        $$"""
        { "type": "https://optout.example.com/problems#{{code}}", "title": "t", "status": {{status}}, "detail": "d",
          "instance": "/v1/opt-outs", "code": "{{code}}", "requestId": "req_1", "traceId": null,
          "errors": [ { "pointer": "/scope/purpose", "code": "required", "detail": "Needed." } ], "coveredBy": { "purpose": "all" } }
        """;

    public ServiceProvider Build(Action<OptOutClientOptions>? configure = null, Action<OptOutClientBuilder>? more = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log));
        var builder = services.AddOptOutClient(options =>
        {
            options.BaseAddress = new Uri("https://optout.example.com/base");
            options.ApiKey = Key;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
            configure?.Invoke(options);
        });
        builder.Http.ConfigurePrimaryHttpMessageHandler(() => this);
        more?.Invoke(builder);
        return services.BuildServiceProvider();
    }

    public OptOutClient Client(Action<OptOutClientOptions>? configure = null) =>
        Build(configure).GetRequiredService<OptOutClient>();

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        _sent.Enqueue(new Sent(request.Method.Method, request.RequestUri!.PathAndQuery, body,
            request.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase)));
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>? answer;
        if (_answers.Count > 1) _answers.TryDequeue(out answer);
        else _answers.TryPeek(out answer);
        return await answer!(request, cancellationToken);
    }
}

/// <summary>A request that was sent.</summary>
internal sealed record Sent(string Method, string Path, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);
}
