using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using OptOut.Client.Api;

namespace OptOut.Client.Http;

/// <summary>Sends calls and reads answers: the key, the retries, the bounds and the problems, in one place.</summary>
internal sealed class ApiTransport(IHttpClientFactory clients, IOptions<OptOutClientOptions> options, TimeProvider clock)
{
    public const string ClientName = "OptOut.Client";

    /// <summary>The largest answer that is read whole: a page of 200 receipts is far below.</summary>
    public const int MaxAnswerBytes = 16 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private OptOutClientOptions Options => options.Value;

    /// <summary>Something no two calls share.</summary>
    public static string NewIdempotencyKey() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    public async Task<T> SendAsync<T>(ApiCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => Parse((await AnswerAsync(call, cancellationToken)).Body, type);

    /// <summary>For acts that may have to wait for a second person: 202 then, with what waits.</summary>
    public async Task<Change<T>> ChangeAsync<T>(ApiCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var (status, body) = await AnswerAsync(call, cancellationToken);
        return status == (int)HttpStatusCode.Accepted
            ? new Change<T>(null, Parse(body, ApiJson.Default.Approval))
            : new Change<T>(Parse(body, type), null);
    }

    /// <summary>The answer's bytes.</summary>
    public async Task<byte[]> SendAsync(ApiCall call, CancellationToken cancellationToken) =>
        (await AnswerAsync(call, cancellationToken)).Body;

    private static T Parse<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type)
                ?? throw new OptOutUnreachableException("The answer is not one of the service's.");
        }
        catch (JsonException fault)
        {
            // The fault's own words may quote the answer.
            throw new OptOutUnreachableException(
                $"The answer is not of the expected form (line {fault.LineNumber}, byte {fault.BytePositionInLine}).");
        }
    }

    // After as many tries as are safe and allowed.
    private async Task<(int Status, byte[] Body)> AnswerAsync(ApiCall call, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (status, body, fault, retryAfter) = await TryAsync(call, cancellationToken);
            if (fault is null) return (status, body!);
            var mayPass = status == 0 || RetrySchedule.MayPass(status, (fault as OptOutProblemException)?.Code);
            if (!call.IsRepeatable || !mayPass
                || RetrySchedule.Pause(attempt, retryAfter, Options, Random.Shared.NextDouble()) is not { } pause)
                throw fault;
            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    /// <summary>Opens a stream: headers only are waited for. The caller disposes of the answer.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await AuthoriseAsync(request, cancellationToken);
        using var timeout = new CancellationTokenSource(Options.AttemptTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await clients.CreateClient(ClientName)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.IsSuccessStatusCode) return response;
            var body = await BoundedBody.ReadAsync(response.Content, BoundedBody.MaxProblemBytes, either.Token);
            throw ProblemReader.Read(response, body, clock);
        }
        catch (Exception fault) when (Unreachable(fault, cancellationToken) is { } unreachable)
        {
            response?.Dispose();
            throw unreachable;
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    // Status 0: no answer came.
    private async Task<(int Status, byte[]? Body, Exception? Fault, TimeSpan? RetryAfter)> TryAsync(
        ApiCall call, CancellationToken cancellationToken)
    {
        using var request = Request(call);
        await AuthoriseAsync(request, cancellationToken);
        using var timeout = new CancellationTokenSource(Options.AttemptTimeout + (call.Wait ?? TimeSpan.Zero), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await clients.CreateClient(ClientName)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await BoundedBody.ReadAsync(response.Content, MaxAnswerBytes, either.Token);
            var status = (int)response.StatusCode;
            return response.IsSuccessStatusCode
                ? (status, body, null, null)
                : (status, null, ProblemReader.Read(response, body, clock), ProblemReader.RetryAfter(response, clock));
        }
        catch (Exception fault) when (Unreachable(fault, cancellationToken) is { } unreachable)
        {
            return (0, null, unreachable, null);
        }
    }

    private static HttpRequestMessage Request(ApiCall call)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(call.Path, UriKind.Relative));
        if (call.Body is not null) request.Content = new ByteArrayContent(call.Body) { Headers = { ContentType = Json } };
        if (call.IdempotencyKey is { } key) request.Headers.TryAddWithoutValidation("Idempotency-Key", $"\"{key}\"");
        if (call.IfMatch is { } version)
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version.ToString(CultureInfo.InvariantCulture)}\""));
        if (call.Wait is { } wait)
            request.Headers.TryAddWithoutValidation("Prefer", $"wait={(int)Math.Ceiling(wait.TotalSeconds)}");
        return request;
    }

    private async ValueTask AuthoriseAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var key = Options.ApiKeyProvider is { } provider ? await provider(cancellationToken) : Options.ApiKey;
        if (key is null || !OptOutClientOptionsValidator.IsKey(key))
            throw new InvalidOperationException("The API key does not have the form of a key.");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    // Only the kind of fault is kept as text: what lies below may quote addresses and bodies.
    private static OptOutUnreachableException? Unreachable(Exception fault, CancellationToken cancellationToken) => fault switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException => new OptOutUnreachableException("The service did not answer in time.", fault),
        HttpRequestException or IOException => new OptOutUnreachableException("The service could not be reached.", fault),
        _ => null,
    };
}
