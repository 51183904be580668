using System.Text;
using Microsoft.AspNetCore.Http;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Webhook;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.IntegrationTests.Channels;

/// <summary>A server in a vendor's place, and a connector channel that takes it for the vendor.</summary>
internal sealed class VendorStandIn : IAsyncDisposable
{
    private readonly Receiver _receiver;
    private readonly VendorHttp _http;
    private readonly VendorTokens _tokens;
    private readonly string _secrets;

    private VendorStandIn(Receiver receiver, ConnectorCatalogue catalogue, IReadOnlyList<Scope> standing)
    {
        _receiver = receiver;
        _secrets = Servers.NewDirectory();
        Directory.CreateDirectory(_secrets);
        var options = new WebhookOptions { AllowPrivateTargets = true, TotalTimeout = TimeSpan.FromSeconds(2) };
        _http = new VendorHttp(options, new TargetPolicy(allowPrivateTargets: true), TimeProvider.System);
        _tokens = new VendorTokens(_http, TimeProvider.System);
        Channel = new ConnectorChannel(catalogue, new SecretReferences(_secrets),
            new VendorCaller(_http, _tokens, new VendorPace(TimeProvider.System), TimeProvider.System),
            (_, _) => Task.FromResult(standing), TimeProvider.System);
    }

    public ConnectorChannel Channel { get; }

    public Receiver Receiver => _receiver;

    /// <summary>Answers of the stand-in, one after the other; the last one again and again.</summary>
    public static async Task<VendorStandIn> StartAsync(
        ConnectorCatalogue catalogue, Func<HttpContext, int, Task> answer, params Scope[] standing)
    {
        var calls = 0;
        return new VendorStandIn(await Receiver.StartAsync(context => answer(context, calls++)), catalogue, standing);
    }

    public static async Task WriteAsync(HttpContext context, int status, string body = "", params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        if (body.Length > 0)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body);
        }
    }

    /// <summary>Puts a secret where registrations refer to it, and says how.</summary>
    public string Secret(string name, string value)
    {
        File.WriteAllText(Path.Combine(_secrets, "connector_" + name), value + "\n");
        return "file:connector_" + name;
    }

    public async Task<AttemptResult> SendAsync(OutgoingDelivery delivery) =>
        (await Channel.SendAsync([delivery], TestContext.Current.CancellationToken))[0];

    public OutgoingDelivery Delivery(
        string definition, Dictionary<string, string> settings, VendorList[] lists, (string Type, string Value) identifier,
        OptOutState state = OptOutState.OptedOut, string purpose = "marketing")
    {
        var id = Guid.Parse("01998a6f0c2e7d5b9a3f4e21c0d7b865");
        var channel = new SystemChannel("connector", $"http://127.0.0.1:{_receiver.Url.Port}", definition, settings, lists);
        var system = new DownstreamSystem(7, id, "acme", "Acme", "vendor", "somebody", channel,
            new SystemContract(["marketing"], ["any"], [new ContractIdentifier(identifier.Type)]), "active", "kid", 1, []);
        var told = new OptOutEvent
        {
            Id = $"dlv_{id:N}", Source = "https://optout.example.com", Type = EventTypes.Recorded,
            Data = new OptOutEventData
            {
                DeliveryId = $"dlv_{id:N}", OptOutId = $"oo_{id:N}", Version = 1, RecordHash = "hash", State = state,
                SubjectId = $"sub_{id:N}", Scope = new OptOutScope { Purpose = purpose, Channel = "any" },
                Identifiers = [new EventIdentifier { Type = identifier.Type, Form = IdentifierForm.Plain, Value = identifier.Value }],
                RecordedAt = new DateTimeOffset(2026, 11, 20, 15, 0, 0, TimeSpan.Zero), EffectiveFrom = DateTimeOffset.UnixEpoch,
                ApplyBy = DateTimeOffset.UnixEpoch,
            },
        };
        return new OutgoingDelivery(id, id, 1, new DeliveryTarget(7, "acme", "connector", null, [], system),
            told.ToUtf8Bytes(), told.Type, DateTimeOffset.UnixEpoch, null);
    }

    public async ValueTask DisposeAsync()
    {
        _tokens.Dispose();
        _http.Dispose();
        await _receiver.DisposeAsync();
        Directory.Delete(_secrets, recursive: true);
    }

    public static string Text(byte[] body) => Encoding.UTF8.GetString(body);
}
