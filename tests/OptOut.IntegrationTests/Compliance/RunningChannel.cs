using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OptOut.Compliance;
using OptOut.Contracts;
using OptOut.IntegrationTests.Propagation;

namespace OptOut.IntegrationTests.Compliance;

/// <summary>The service's end of a channel, the same for all; each channel adds its own end.</summary>
internal abstract class RunningChannel(ComplianceService fixture, string purpose, Downstream system) : ChannelUnderTest
{
    private readonly ConcurrentDictionary<string, (JsonElement Record, string Email)> _records = new();

    protected Running Service => fixture.Service;

    protected Downstream System => system;

    public override IReadOnlyList<string> Secrets => [system.Secret.Reveal(), system.ApiKey, ComplianceService.VendorToken];

    public override async Task<string> StopAsync(params (string Type, string Value)[] identifiers)
    {
        var (status, record) = await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs", Running.Stop(purpose, identifiers));
        Assert.Equal(201, status);
        _records[record.Id()] = (record, identifiers.First(i => i.Type == "email").Value);
        return record.Id();
    }

    public override async Task ReverseAsync(string optOutId)
    {
        var (record, email) = _records[optOutId];
        _records[optOutId] = (await Service.ReverseAsync(record, purpose, email), email);
    }

    public override async Task StopAgainAsync(string optOutId)
    {
        var email = _records[optOutId].Email;
        _records[optOutId] = (await Service.StopAsync(purpose, email), email);
    }

    public override async Task<DeliveryFacts> DeliveryAsync(string optOutId)
    {
        var delivery = (await Service.PropagationAsync(optOutId)).GetProperty("systems").EnumerateArray()
            .Single(one => one.Text("system") == system.Name);
        var tries = (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory").EnumerateArray()
            .Select(one => new AttemptFacts(one.GetProperty("number").GetInt32(), one.GetProperty("startedAt").GetDateTimeOffset(),
                one.GetProperty("endedAt").GetDateTimeOffset(), one.Text("outcome"), one.Text("worker")))
            .OrderBy(one => one.Number).ToList();
        var next = delivery.GetProperty("nextAttemptAt");
        return new DeliveryFacts(delivery.Text("deliveryId"), delivery.Text("state"), delivery.GetProperty("version").GetInt32(),
            delivery.GetProperty("applyBy").GetDateTimeOffset(),
            next.ValueKind == JsonValueKind.Null ? null : next.GetDateTimeOffset(), tries);
    }

    public override async Task<string> RollUpAsync(string optOutId) => (await Service.PropagationAsync(optOutId)).Text("state");

    public override async Task TryAgainAsync(string deliveryId) =>
        Assert.Equal(202, (await Service.DoAsync(HttpMethod.Post, $"/v1/deliveries/{deliveryId}/resend")).Status);

    public override async Task<string> TracesAsync() => string.Join('\n', fixture.Log.Lines) + await Service.ScalarAsync<string>(
        """
        SELECT string_agg(a::text, E'\n') || string_agg(d::text, E'\n') FROM optout.delivery d
        JOIN optout.attempt a USING (delivery_id) JOIN optout.system y USING (system_id) WHERE y.name = $1
        """, system.Name);

    public override async Task SayAsync(HandedEvent handed, AcknowledgementOutcome outcome)
    {
        var told = OptOutEvent.TryParse(Encoding.UTF8.GetBytes(handed.Content))!;
        Assert.Equal(207, (await system.PostAsync(Downstream.Word(told, outcome))).Status);
    }

    /// <summary>An event that travels as itself.</summary>
    protected static HandedEvent Handed(byte[] body, string beside, string? messageId)
    {
        var text = Encoding.UTF8.GetString(body);
        var told = OptOutEvent.TryParse(body)!;
        Assert.Equal(told.Id, messageId);
        return new HandedEvent(told.Id, told.Data.Version, text, beside, text);
    }
}
