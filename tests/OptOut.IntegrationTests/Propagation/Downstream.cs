using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>A registered system from its own side: it takes events raw and says what a test has it say.</summary>
internal sealed class Downstream(Running service, string name, WebhookSecret secret, string apiKey)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public string Name => name;

    public WebhookSecret Secret { get; set; } = secret;

    public string ApiKey => apiKey;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Takes this many events off its queue, in order, and lets the broker forget them.</summary>
    public async Task<List<(OptOutEvent Told, byte[] Body, IReadOnlyBasicProperties Properties)>> TakeAsync(int count)
    {
        await using var connection = await new ConnectionFactory { Uri = service.Broker! }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var taken = new List<(OptOutEvent, byte[], IReadOnlyBasicProperties)>();
        var started = TimeProvider.System.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (taken.Count < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"{taken.Count} of {count} events came.");
            if (await channel.BasicGetAsync(BrokerNames.Queue(name), autoAck: true, Cancellation) is not { } got)
            {
                await poll.WaitForNextTickAsync(Cancellation);
                continue;
            }

            var body = got.Body.ToArray();
            taken.Add((OptOutEvent.TryParse(body)!, body, got.BasicProperties));
        }

        return taken;
    }

    public async Task<OptOutEvent> TakeAsync() => (await TakeAsync(1))[0].Told;

    /// <summary>How many events wait on its queue.</summary>
    public async Task<uint> WaitingAsync()
    {
        await using var connection = await new ConnectionFactory { Uri = service.Broker! }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        return await channel.MessageCountAsync(BrokerNames.Queue(name), Cancellation);
    }

    public static Acknowledgement Word(
        OptOutEvent told, AcknowledgementOutcome outcome = AcknowledgementOutcome.Applied, string? reason = null) => new()
    {
        DeliveryId = told.Data.DeliveryId,
        OptOutId = told.Data.OptOutId,
        Version = told.Data.Version,
        RecordHash = told.Data.RecordHash,
        Outcome = outcome,
        AppliedAt = outcome == AcknowledgementOutcome.Applied ? TimeProvider.System.GetUtcNow() : null,
        Actions = outcome == AcknowledgementOutcome.Applied
            ? [new AcknowledgementAction { Asset = "contacts", Action = AppliedAction.Suppressed, Count = 1, Method = "flag" }]
            : [],
        Reason = reason,
    };

    public Task AckAsync(Acknowledgement word, WebhookSecret? signedWith = null, DateTimeOffset? at = null, string? id = null) =>
        AckRawAsync(word.ToUtf8Bytes(), signedWith, at, id);

    /// <summary>Publishes signed bytes under its own routing key, confirmed.</summary>
    public async Task AckRawAsync(
        byte[] body, WebhookSecret? signedWith = null, DateTimeOffset? at = null, string? id = null, int times = 1, string? traceParent = null)
    {
        await using var connection = await new ConnectionFactory { Uri = service.Broker! }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
        var signed = Sign(body, signedWith, at, id);
        var headers = new Dictionary<string, object?>
        {
            [WebhookHeaders.IdName] = signed.Id,
            [WebhookHeaders.TimestampName] = signed.Timestamp,
            [WebhookHeaders.SignatureName] = signed.Signature,
        };
        if (traceParent is not null)
            headers[BrokerNames.TraceParentHeader] = traceParent;
        for (var i = 0; i < times; i++)
            await channel.BasicPublishAsync(BrokerNames.AcknowledgementsExchange, name, mandatory: true,
                new BasicProperties { Persistent = true, ContentType = "application/json", Headers = headers }, body, Cancellation);
    }

    /// <summary><c>POST /v1/acknowledgements</c> under its own key, or another's.</summary>
    public Task<(int Status, JsonElement Body)> PostAsync(params Acknowledgement[] words) =>
        PostAsync(words, null, null, null, null);

    public async Task<(int Status, JsonElement Body)> PostAsync(
        Acknowledgement[] words, WebhookSecret? signedWith, DateTimeOffset? at, string? id, string? key) =>
        await PostRawAsync(string.Join(',', words.Select(word => Encoding.UTF8.GetString(word.ToUtf8Bytes()))), signedWith, at, id, key);

    /// <summary>The same with items as they stand, readable or not.</summary>
    public async Task<(int Status, JsonElement Body)> PostRawAsync(
        string items, WebhookSecret? signedWith = null, DateTimeOffset? at = null, string? id = null, string? key = null)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"items":[{{items}}]}""");
        var signed = Sign(body, signedWith, at, id);
        using var client = service.As(key ?? apiKey);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/acknowledgements") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation(WebhookHeaders.IdName, signed.Id);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.TimestampName, signed.Timestamp);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.SignatureName, signed.Signature);
        using var response = await client.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return ((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text));
    }

    public WebhookHeaders Sign(byte[] body, WebhookSecret? signedWith = null, DateTimeOffset? at = null, string? id = null) =>
        StandardWebhooks.SignAll([signedWith ?? Secret], id ?? $"msg_{Guid.CreateVersion7():N}", at ?? TimeProvider.System.GetUtcNow(), body);

    /// <summary>How often one of its words was refused with this code.</summary>
    public Task<long> RejectedAsync(string code) => service.ScalarAsync<long>(
        """
        SELECT coalesce(sum(r.rejected), 0)::bigint FROM optout.rejected_acknowledgement_count r
        WHERE r.code = $2 AND r.system_id = (SELECT system_id FROM optout.system WHERE name = $1)
        """, name, code);

    public Task UntilRejectedAsync(string code, long count = 1) => Running.UntilAsync(
        async () => await RejectedAsync(code) >= count, $"{code} was not recorded {count} times.");
}
