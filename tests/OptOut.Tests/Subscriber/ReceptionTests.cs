using Microsoft.Extensions.DependencyInjection;
using OptOut.Contracts;
using OptOut.Subscriber;
using OptOut.Subscriber.Acknowledging;
using OptOut.Subscriber.RabbitMq;

namespace OptOut.Tests.Subscriber;

public sealed class ReceptionTests : IAsyncDisposable
{
    private readonly RecordingHandler _handler = new();
    private readonly ListedSender _sender = new();
    private readonly ServiceProvider _services;

    public ReceptionTests()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton<IOptOutHandler>(_handler);
        services.AddOptOutSubscriber<RecordingHandler>(options =>
        {
            options.System = "crm";
            options.Secret = Told.Secret.Reveal();
            options.MaxAttempts = 2;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
            options.MaxRetryDelay = TimeSpan.FromMilliseconds(2);
            options.AcknowledgeReceived = true;
        }).FenceInMemory().FromRabbitMq(options => options.Uri = "amqp://127.0.0.1");
        _services = services.BuildServiceProvider();
    }

    [Fact]
    public async Task A_genuine_event_is_received_applied_acknowledged_and_only_then_done()
    {
        Assert.Equal(Settlement.Ack, await ReceiveAsync(Told.Version(1).ToUtf8Bytes()));
        Assert.Equal([AcknowledgementOutcome.Received, AcknowledgementOutcome.Applied], _sender.Outcomes);
        Assert.Equal(Told.Version(1).TraceParent, _sender.TraceParent);
    }

    [Fact]
    public async Task An_event_that_waited_for_a_month_is_still_taken()
    {
        var body = Told.Version(1).ToUtf8Bytes();
        var old = StandardWebhooks.SignAll([Told.Secret], "m", TimeProvider.System.GetUtcNow().AddDays(-30), body);
        Assert.Equal(Settlement.Ack, await ReceiveAsync(body, old));
    }

    [Fact]
    public async Task A_tampered_foreign_or_unsigned_message_is_put_aside_and_answered_to_nobody()
    {
        var body = Told.Version(1).ToUtf8Bytes();
        var signed = StandardWebhooks.SignAll([Told.Secret], "m", TimeProvider.System.GetUtcNow(), body);
        var foreign = StandardWebhooks.SignAll([WebhookSecret.Generate()], "m", TimeProvider.System.GetUtcNow(), body);
        Assert.Equal(Settlement.Reject, await ReceiveAsync(Told.Version(2).ToUtf8Bytes(), signed));
        Assert.Equal(Settlement.Reject, await ReceiveAsync(body, foreign));
        Assert.Equal(Settlement.Reject, await ReceiveAsync(body, default(WebhookHeaders)));
        Assert.Empty(_sender.Outcomes);
        Assert.Empty(_handler.Notices);
    }

    [Fact]
    public async Task A_poison_message_is_put_aside()
    {
        Assert.Equal(Settlement.Reject, await ReceiveAsync("{ not json"u8.ToArray()));
        Assert.Equal(Settlement.Reject, await ReceiveAsync(new byte[ContractLimits.MaxMessageBytes + 1]));
        Assert.Equal(Settlement.Reject, await ReceiveAsync(Told.Version(1, type: "org.optout.recorded.v9").ToUtf8Bytes()));
        Assert.Empty(_sender.Outcomes);
    }

    [Fact]
    public async Task A_handler_that_keeps_failing_is_acknowledged_as_failed_and_the_message_put_aside()
    {
        _handler.Answer = (_, _) => throw new InvalidOperationException("no");
        Assert.Equal(Settlement.Reject, await ReceiveAsync(Told.Version(1).ToUtf8Bytes()));
        Assert.Equal([AcknowledgementOutcome.Received, AcknowledgementOutcome.Failed], _sender.Outcomes);
    }

    [Fact]
    public async Task An_acknowledgement_that_cannot_go_out_leaves_the_event_undone_and_a_redelivery_says_the_same()
    {
        _sender.Fails = true;
        Assert.Equal(Settlement.Requeue, await ReceiveAsync(Told.Version(1).ToUtf8Bytes()));
        Assert.Empty(_sender.Outcomes);

        _sender.Fails = false;
        Assert.Equal(Settlement.Ack, await ReceiveAsync(Told.Version(1).ToUtf8Bytes()));
        Assert.Equal(AcknowledgementOutcome.Applied, _sender.Outcomes[^1]);
        Assert.Single(_handler.Notices);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private Task<Settlement> ReceiveAsync(byte[] body, WebhookHeaders? headers = null) =>
        _services.GetRequiredService<DeliveryReception>().ReceiveAsync(
            headers ?? StandardWebhooks.SignAll([Told.Secret], "m", TimeProvider.System.GetUtcNow(), body),
            body, _sender, TestContext.Current.CancellationToken);

    private sealed class ListedSender : IAcknowledgementSender
    {
        internal List<AcknowledgementOutcome> Outcomes { get; } = [];

        internal string? TraceParent { get; private set; }

        internal bool Fails { get; set; }

        public Task SendAsync(Acknowledgement acknowledgement, string? traceParent, CancellationToken cancellationToken)
        {
            if (Fails) throw new InvalidOperationException("refused");
            Outcomes.Add(acknowledgement.Outcome);
            TraceParent = traceParent;
            return Task.CompletedTask;
        }
    }
}
