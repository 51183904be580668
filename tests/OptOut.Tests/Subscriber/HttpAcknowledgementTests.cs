using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.Contracts;
using OptOut.Contracts.Json;
using OptOut.Subscriber;
using OptOut.Subscriber.Acknowledging;
using OptOut.Subscriber.Processing;

namespace OptOut.Tests.Subscriber;

public sealed class HttpAcknowledgementTests : IAsyncLifetime
{
    private WebApplication? _service;
    private ServiceProvider? _services;
    private (int Status, string Body) _answer = (207, Item(200));
    private (string Path, IHeaderDictionary Headers, byte[] Body)? _seen;

    [Fact]
    public async Task It_is_posted_signed_under_the_systems_key_with_the_trace()
    {
        await SendAsync();
        var (path, sent, body) = _seen!.Value;
        Assert.Equal("/v1/acknowledgements", path);
        Assert.Equal("Bearer oo_0123456789abcdef_key", sent.Authorization);
        Assert.Equal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", sent.TraceParent);
        var headers = new WebhookHeaders(
            sent[WebhookHeaders.IdName],
            sent[WebhookHeaders.TimestampName],
            sent[WebhookHeaders.SignatureName]);
        Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
            headers, body, [Told.Secret], TimeProvider.System.GetUtcNow(), ContractLimits.SignatureTolerance));
        var batch = JsonSerializer.Deserialize(body, ContractsJson.Default.AcknowledgementBatch)!;
        Assert.Equal("dlv_1_1", Assert.Single(batch.Items).DeliveryId);
    }

    [Theory]
    [InlineData(207, 200)]
    [InlineData(207, 409)]
    [InlineData(207, 404)]
    public async Task What_the_service_took_or_will_never_take_is_not_sent_again(int status, int item)
    {
        _answer = (status, Item(item));
        await SendAsync();
        Assert.NotNull(_seen);
    }

    [Theory]
    [InlineData(503, 200)]
    [InlineData(429, 200)]
    [InlineData(401, 200)]
    [InlineData(302, 200)]
    [InlineData(207, 503)]
    [InlineData(207, 429)]
    public async Task Everything_else_is_worth_another_try(int status, int item)
    {
        _answer = (status, Item(item));
        await Assert.ThrowsAsync<HttpRequestException>(SendAsync);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>all is well</html>")]
    [InlineData("{\"items\":[]}")]
    [InlineData("{\"items\":[{}]}")]
    [InlineData("[]")]
    public async Task A_2xx_that_does_not_say_what_became_of_the_item_is_not_believed(string body)
    {
        _answer = (200, body);
        await Assert.ThrowsAsync<HttpRequestException>(SendAsync);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _service = builder.Build();
        _service.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            _seen = (context.Request.Path, new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray());
            context.Response.StatusCode = _answer.Status;
            if (_answer.Status == 302) context.Response.Headers.Location = "/elsewhere";
            await context.Response.WriteAsync(_answer.Body, context.RequestAborted);
        });
        await _service.StartAsync(TestContext.Current.CancellationToken);

        var services = new ServiceCollection().AddLogging();
        services.AddOptOutSubscriber<RecordingHandler>(options =>
        {
            options.System = "crm";
            options.Secret = Told.Secret.Reveal();
        }).FenceInMemory().AcknowledgeOverHttp(options =>
        {
            options.Url = _service.Urls.First();
            options.ApiKey = "oo_0123456789abcdef_key";
        });
        _services = services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        if (_service is not null) await _service.DisposeAsync();
    }

    private static string Item(int status) => $$"""{"items":[{"status":{{status}}}]}""";

    private Task SendAsync()
    {
        var told = Told.Version(1);
        return _services!.GetRequiredService<HttpAcknowledgements>().SendAsync(
            Answers.Received(told.Data), told.TraceParent, TestContext.Current.CancellationToken);
    }
}
