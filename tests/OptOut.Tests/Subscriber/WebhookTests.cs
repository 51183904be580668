using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.Contracts;
using OptOut.Subscriber;
using OptOut.Subscriber.Webhook;

namespace OptOut.Tests.Subscriber;

public sealed class WebhookTests : IAsyncLifetime
{
    private readonly RecordingHandler _handler = new();
    private readonly HttpClient _client = new();
    private WebApplication? _app;

    [Fact]
    public async Task A_genuine_event_is_answered_with_its_signed_acknowledgement()
    {
        using var answer = await PostAsync(Told.Version(1).ToUtf8Bytes());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadAsByteArrayAsync(Cancellation);
        var headers = new WebhookHeaders(
            Header(answer, WebhookHeaders.IdName),
            Header(answer, WebhookHeaders.TimestampName),
            Header(answer, WebhookHeaders.SignatureName));
        Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
            headers, body, [Told.Secret], Now, ContractLimits.SignatureTolerance));
        var said = Acknowledgement.TryParse(body)!;
        Assert.Equal(("dlv_1_1", AcknowledgementOutcome.Applied), (said.DeliveryId, said.Outcome));
    }

    [Fact]
    public async Task A_failing_handler_is_answered_with_a_failed_acknowledgement()
    {
        _handler.Answer = (_, _) => throw new InvalidOperationException("no");
        using var answer = await PostAsync(Told.Version(1).ToUtf8Bytes());
        var said = Acknowledgement.TryParse(await answer.Content.ReadAsByteArrayAsync(Cancellation))!;
        Assert.Equal((HttpStatusCode.OK, AcknowledgementOutcome.Failed), (answer.StatusCode, said.Outcome));
    }

    [Theory]
    [InlineData(-301)]
    [InlineData(301)]
    public async Task A_signature_of_another_time_is_turned_away(int seconds)
    {
        var body = Told.Version(1).ToUtf8Bytes();
        using var answer = await PostAsync(body, StandardWebhooks.SignAll([Told.Secret], "m", Now.AddSeconds(seconds), body));
        await RefusedAsync(answer, HttpStatusCode.Unauthorized, ProblemCodes.SignatureInvalid);
    }

    [Fact]
    public async Task A_tampered_or_unsigned_body_is_turned_away()
    {
        var signed = StandardWebhooks.SignAll([Told.Secret], "m", Now, Told.Version(1).ToUtf8Bytes());
        using var tampered = await PostAsync(Told.Version(2).ToUtf8Bytes(), signed);
        await RefusedAsync(tampered, HttpStatusCode.Unauthorized, ProblemCodes.SignatureInvalid);
        using var unsigned = await PostAsync(Told.Version(1).ToUtf8Bytes(), new WebhookHeaders("m", "1", null));
        await RefusedAsync(unsigned, HttpStatusCode.Unauthorized, ProblemCodes.SignatureInvalid);
        Assert.Empty(_handler.Notices);
    }

    [Fact]
    public async Task What_is_signed_but_no_event_is_turned_away()
    {
        using var answer = await PostAsync("[]"u8.ToArray());
        await RefusedAsync(answer, HttpStatusCode.BadRequest, ProblemCodes.MalformedBody);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_64_KiB_is_turned_away_whether_its_length_is_stated_or_not(bool stated)
    {
        using var answer = await PostAsync(new byte[ContractLimits.MaxMessageBytes + 1], chunked: !stated);
        await RefusedAsync(answer, HttpStatusCode.RequestEntityTooLarge, ProblemCodes.BodyTooLarge);
    }

    [Fact]
    public async Task A_GET_is_no_delivery()
    {
        using var answer = await _client.GetAsync(Address, Cancellation);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IOptOutHandler>(_handler);
        builder.Services.AddOptOutSubscriber<RecordingHandler>(options =>
        {
            options.System = "mailer";
            options.Secret = $"{WebhookSecret.Generate().Reveal()} {Told.Secret.Reveal()}";
            options.MaxAttempts = 2;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
        }).FenceInMemory();
        _app = builder.Build();
        _app.MapOptOutWebhook("/optout");
        await _app.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private Uri Address => new(new Uri(_app!.Urls.First()), "/optout");

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    private static async Task RefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        Assert.Equal(status, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(code, problem.RootElement.GetProperty("code").GetString());
    }

    private async Task<HttpResponseMessage> PostAsync(byte[] body, WebhookHeaders? headers = null, bool chunked = false)
    {
        var signed = headers ?? StandardWebhooks.SignAll([Told.Secret], "m", Now, body);
        using var request = new HttpRequestMessage(HttpMethod.Post, Address)
        {
            Content = chunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body),
        };
        request.Headers.TransferEncodingChunked = chunked ? true : null;
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(OptOutEvent.ContentType);
        request.Headers.Add(WebhookHeaders.IdName, signed.Id);
        request.Headers.Add(WebhookHeaders.TimestampName, signed.Timestamp);
        if (signed.Signature is not null) request.Headers.Add(WebhookHeaders.SignatureName, signed.Signature);
        return await _client.SendAsync(request, Cancellation);
    }
}
