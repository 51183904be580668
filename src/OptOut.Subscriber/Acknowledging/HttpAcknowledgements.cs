using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Contracts;
using OptOut.Contracts.Json;

namespace OptOut.Subscriber.Acknowledging;

/// <summary>
/// Posts acknowledgements to the service. A refusal of the item itself is final, because sending it again would be
/// refused again; everything else is worth another try.
/// </summary>
internal sealed class HttpAcknowledgements(
    IHttpClientFactory clients,
    AcknowledgementSigner signer,
    IOptions<HttpAcknowledgementOptions> options,
    ILogger<HttpAcknowledgements> log) : IAcknowledgementSender
{
    internal const string ClientName = "optout-acknowledgements";
    private const string Path = "/v1/acknowledgements";

    public async Task SendAsync(
        Acknowledgement acknowledgement, string? traceParent, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new AcknowledgementBatch { Items = [acknowledgement] }, ContractsJson.Default.AcknowledgementBatch);
        using var request = Request(body, traceParent);
        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, cancellationToken);

        // Asking for the whole batch to be refused means a wrong key or signature: a person has to change something.
        response.EnsureSuccessStatusCode();
        var status = ItemStatus(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        if (status is >= 200 and < 300) return;
        if (status is < 400 or >= 500 or (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests)
            throw new HttpRequestException("The acknowledgement was not taken this time.");
        log.AcknowledgementRefused(acknowledgement.DeliveryId, status);
    }

    private HttpRequestMessage Request(byte[] body, string? traceParent)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(options.Value.Url), Path))
        {
            Content = new ByteArrayContent(body)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        var signed = signer.Sign(body);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.ApiKey);
        request.Headers.Add(WebhookHeaders.IdName, signed.Id);
        request.Headers.Add(WebhookHeaders.TimestampName, signed.Timestamp);
        request.Headers.Add(WebhookHeaders.SignatureName, signed.Signature);
        if (traceParent is not null) request.Headers.TryAddWithoutValidation(BrokerNames.TraceParentHeader, traceParent);
        return request;
    }

    // The status of the one item that was sent; 0 where the answer does not say.
    private static int ItemStatus(byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.GetProperty("items")[0].GetProperty("status").GetInt32();
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException
            or InvalidOperationException or IndexOutOfRangeException or FormatException)
        {
            return 0;
        }
    }
}
