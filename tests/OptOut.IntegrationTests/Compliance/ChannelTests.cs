using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using OptOut.Compliance;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Propagation;

namespace OptOut.IntegrationTests.Compliance;

[Collection(ComplianceGroup.Name)]
public sealed class RabbitMqCompliance(ComplianceService fixture) : DeliveryChannelCompliance
{
    protected override async Task<ChannelUnderTest> ConnectAsync(params string[] identifiers)
    {
        var purpose = await fixture.Service.PurposeAsync();
        return new Queue(fixture, purpose, await fixture.Service.RegisterAsync(purpose, identifiers: [.. identifiers.Select(i => i + ":plain")]));
    }

    private sealed class Queue(ComplianceService fixture, string purpose, Downstream system) : RunningChannel(fixture, purpose, system)
    {
        public override async Task<HandedEvent> TakeAsync()
        {
            var (_, body, properties) = (await System.TakeAsync(1))[0];
            var beside = string.Join('\n', properties.Headers!.Select(
                header => $"{header.Key} {(header.Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : header.Value)}"))
                + properties.CorrelationId + properties.Type + properties.MessageId;
            return Handed(body, beside, properties.MessageId);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

[Collection(ComplianceGroup.Name)]
public sealed class WebhookCompliance(ComplianceService fixture) : DeliveryChannelCompliance
{
    protected override async Task<ChannelUnderTest> ConnectAsync(params string[] identifiers)
    {
        var purpose = await fixture.Service.PurposeAsync();
        var end = new CalledEnd();
        await end.StartAsync(context => VendorStandIn.WriteAsync(context, 202));
        return new Hook(fixture, purpose, await fixture.Service.RegisterAsync(
            purpose, end.Receiver.Url, identifiers: [.. identifiers.Select(i => i + ":plain")]), end);
    }

    private sealed class Hook(ComplianceService fixture, string purpose, Downstream system, CalledEnd end)
        : RunningChannel(fixture, purpose, system)
    {
        public override async Task<HandedEvent> TakeAsync()
        {
            var (headers, body, beside) = await end.NextAsync();
            return Handed(body, beside, headers[WebhookHeaders.IdName]);
        }

        public override Task<bool> FallSilentAsync() => end.FallSilentAsync();

        public override ValueTask DisposeAsync() => end.DisposeAsync();
    }
}

[Collection(ComplianceGroup.Name)]
public sealed class ConnectorCompliance(ComplianceService fixture) : DeliveryChannelCompliance
{
    protected override async Task<ChannelUnderTest> ConnectAsync(params string[] identifiers)
    {
        var purpose = await fixture.Service.PurposeAsync();
        var end = new CalledEnd();
        var vendor = new Vendor();
        await end.StartAsync(context => VendorStandIn.WriteAsync(context, vendor.Understands ? 200 : 202,
            context.Request.Path == "/lifts" ? """{"state":"lifted"}""" : """{"state":"stopped"}"""));
        vendor.Registered = await fixture.Service.RegisterOnAsync(purpose, new
        {
            type = "connector", definition = "acme", url = $"http://127.0.0.1:{end.Receiver.Url.Port}",
            settings = new { apiKey = "file:connector_acme" },
        }, 60, [.. identifiers.Select(i => i + ":plain")]);
        return new VendorChannel(fixture, purpose, vendor, end);
    }

    private sealed class Vendor
    {
        public Downstream Registered { get; set; } = null!;

        /// <summary>Whether it answers as the definition's rules expect; else it has only taken the call.</summary>
        public bool Understands { get; set; }
    }

    private sealed class VendorChannel(ComplianceService fixture, string purpose, Vendor vendor, CalledEnd end)
        : RunningChannel(fixture, purpose, vendor.Registered)
    {
        public override async Task<HandedEvent> TakeAsync()
        {
            var (headers, body, beside) = await end.NextAsync();
            var text = Encoding.UTF8.GetString(body);
            return new HandedEvent(headers["X-Delivery"]!,
                int.Parse(Regex.Match(text, "\"version\":([0-9]+)").Groups[1].Value, null), text, beside, text);
        }

        /// <summary>The word is the answer to a call: the next one is understood.</summary>
        public override Task SayAsync(HandedEvent handed, AcknowledgementOutcome outcome)
        {
            vendor.Understands = true;
            return TryAgainAsync(handed.DeliveryId);
        }

        public override Task<bool> FallSilentAsync() => end.FallSilentAsync();

        public override ValueTask DisposeAsync() => end.DisposeAsync();
    }
}

[Collection(ComplianceGroup.Name)]
public sealed class SmtpCompliance(ComplianceService fixture) : DeliveryChannelCompliance
{
    protected override async Task<ChannelUnderTest> ConnectAsync(params string[] identifiers)
    {
        var purpose = await fixture.Service.PurposeAsync();
        var address = $"v{Guid.CreateVersion7():N}@vendor.example";
        var system = await fixture.Service.RegisterOnAsync(
            purpose, new { type = "smtp", address }, 60, [.. identifiers.Select(i => i + ":plain")]);
        return new Mailbox(fixture, purpose, system, address);
    }

    private sealed class Mailbox(ComplianceService fixture, string purpose, Downstream system, string address)
        : RunningChannel(fixture, purpose, system)
    {
        private readonly ComplianceService _fixture = fixture;
        private readonly Dictionary<string, string> _links = [];
        private int _taken;

        public override async Task<HandedEvent> TakeAsync()
        {
            CaughtMail[] mine = [];
            await Running.UntilAsync(() => Task.FromResult(
                (mine = [.. _fixture.Mail.Mails.Where(mail => mail.To.Contains(address))]).Length > _taken), "No mail came.");
            var mail = mine[_taken++];
            _links[mail.Header("OptOut-Delivery")] = mail.Link;
            return new HandedEvent(mail.Header("OptOut-Delivery"),
                int.Parse(Regex.Match(mail.Text, "version ([0-9]+)").Groups[1].Value, null), mail.Text, mail.Headers, Fixed: null);
        }

        public override async Task SayAsync(HandedEvent handed, AcknowledgementOutcome outcome)
        {
            using var client = new HttpClient { BaseAddress = Service.Http.BaseAddress };
            using var form = new FormUrlEncodedContent([new("outcome", WireNames.Of(outcome))]);
            using var response = await client.PostAsync(_links[handed.DeliveryId], form, TestContext.Current.CancellationToken);
            Assert.Equal(StatusCodes.Status200OK, (int)response.StatusCode);
        }

        public override Task<bool> FallSilentAsync()
        {
            _fixture.Mail.Silence(address);
            return Task.FromResult(true);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

[Collection(ComplianceGroup.Name)]
public sealed class PullCompliance(ComplianceService fixture) : DeliveryChannelCompliance
{
    protected override async Task<ChannelUnderTest> ConnectAsync(params string[] identifiers)
    {
        var purpose = await fixture.Service.PurposeAsync();
        return new Fetches(fixture, purpose, await fixture.Service.RegisterOnAsync(
            purpose, new { type = "pull" }, 60, [.. identifiers.Select(i => i + ":plain")]));
    }

    private sealed class Fetches(ComplianceService fixture, string purpose, Downstream system) : RunningChannel(fixture, purpose, system)
    {
        public override async Task<HandedEvent> TakeAsync()
        {
            using var own = Service.As(System.ApiKey);
            string[] events = [];
            await Running.UntilAsync(async () => (events = [.. (await Service.DoAsync(
                HttpMethod.Get, $"/v1/systems/{System.Name}/events?limit=1", client: own)).Body
                .GetProperty("data").EnumerateArray().Select(one => one.GetRawText())]).Length > 0, "No event is open.");
            var body = Encoding.UTF8.GetBytes(events[0]);
            return Handed(body, $"/v1/systems/{System.Name}/events?limit=1", OptOutEvent.TryParse(body)!.Id);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>A receiver of calls that can fall silent.</summary>
internal sealed class CalledEnd : IAsyncDisposable
{
    private volatile bool _silent;

    public Receiver Receiver { get; private set; } = null!;

    public async Task StartAsync(Func<HttpContext, Task> answer) => Receiver = await Receiver.StartAsync(async context =>
    {
        if (_silent)
            await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            await answer(context);
    });

    public async Task<(IHeaderDictionary Headers, byte[] Body, string Beside)> NextAsync()
    {
        (IHeaderDictionary Headers, byte[] Body, string Path) request = (new HeaderDictionary(), [], "");
        await Running.UntilAsync(() => Task.FromResult(Receiver.Requests.TryDequeue(out request)), "No call came.");
        return (request.Headers, request.Body,
            request.Path + string.Join('\n', request.Headers.Select(header => $"{header.Key} {header.Value}")));
    }

    public Task<bool> FallSilentAsync()
    {
        _silent = true;
        return Task.FromResult(true);
    }

    public ValueTask DisposeAsync() => Receiver.DisposeAsync();
}
