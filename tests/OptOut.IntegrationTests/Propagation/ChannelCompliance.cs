using System.Text;
using System.Text.Json;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>
/// What every delivery channel owes, whatever it is made of: at least once, one id for all tries, evidence of each,
/// only the identifiers of the contract and those only in the body, and an order for each opt-out.
/// </summary>
public abstract class ChannelCompliance(PropagationService fixture)
{
    private protected Running Service => fixture.Service;

    /// <summary>Registers a system on this channel and listens as it.</summary>
    private protected abstract Task<ChannelEnd> ConnectAsync(string purpose, params string[] identifiers);

    [Fact]
    public async Task It_delivers_at_least_once_under_one_id_with_evidence_of_each_try()
    {
        var purpose = await Service.PurposeAsync();
        await using var end = await ConnectAsync(purpose, "email:plain");
        var record = await Service.StopAsync(purpose);
        var first = (await end.TakeAsync(1))[0];
        for (var failures = 1; failures <= 2; failures++)
        {
            await end.System.PostAsync(Downstream.Word(first.Told, AcknowledgementOutcome.Failed));
            await Service.StateAsync(record.Id(), end.System, "retrying");
            Assert.Equal(202, (await Service.DoAsync(HttpMethod.Post, $"/v1/deliveries/{first.Told.Id}/resend")).Status);
            var again = (await end.TakeAsync(1))[0];
            Assert.Equal((first.Told.Id, first.Told.Id), (again.Told.Id, again.MessageId));
            Assert.Equal(first.Body, again.Body);
            await Service.DeliveryOfAsync(record.Id(), end.System, one => one.GetProperty("attempts").GetInt32() > failures, "no try");
        }

        await end.System.PostAsync(Downstream.Word(first.Told));
        await Service.StateAsync(record.Id(), end.System, "applied");
        var detail = await Service.DeliveryAsync(first.Told.Id);
        var tries = detail.GetProperty("attemptHistory").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(1, tries.Count).Reverse(), tries.Select(one => one.GetProperty("number").GetInt32()));
        Assert.Equal(tries.Count, detail.GetProperty("delivery").GetProperty("attempts").GetInt32());
        Assert.All(tries, one => Assert.True(
            one.GetProperty("startedAt").GetDateTimeOffset() <= one.GetProperty("endedAt").GetDateTimeOffset()
            && one.Text("worker").Length > 0 && one.Text("outcome") == "sent"));
    }

    [Fact]
    public async Task It_leaks_no_identifier_beside_the_body_and_none_that_the_contract_does_not_name()
    {
        var purpose = await Service.PurposeAsync();
        await using var end = await ConnectAsync(purpose, "user_id:plain");
        var mark = Guid.CreateVersion7().ToString("N");
        var (status, _) = await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs",
            Running.Stop(purpose, ("email", $"mail{mark}@example.com"), ("user_id", "user" + mark), ("device_id", "device" + mark)));
        Assert.Equal(201, status);

        var (told, body, beside, _) = (await end.TakeAsync(1))[0];

        Assert.Equal("user" + mark, Assert.Single(told.Data.Identifiers).Value);
        Assert.DoesNotContain("mail" + mark, Encoding.UTF8.GetString(body), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("device" + mark, Encoding.UTF8.GetString(body), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(mark, beside, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task It_never_hands_over_a_version_after_a_newer_one()
    {
        var purpose = await Service.PurposeAsync();
        await using var end = await ConnectAsync(purpose, "email:plain");
        var email = Running.NewEmail();
        JsonElement record = default;
        for (var round = 0; round < 3; round++)
        {
            record = await Service.StopAsync(purpose, email);
            record = await Service.ReverseAsync(record, purpose, email);
        }

        var versions = new List<int>();
        while (versions is [] || versions[^1] < 6)
            versions.Add((await end.TakeAsync(1))[0].Told.Data.Version);
        Assert.Equal(versions.Order(), versions);
    }

    [Fact]
    public async Task It_is_complete_only_by_the_systems_own_word()
    {
        var purpose = await Service.PurposeAsync();
        await using var end = await ConnectAsync(purpose, "email:plain");
        var record = await Service.StopAsync(purpose);
        var told = (await end.TakeAsync(1))[0].Told;
        await Service.StateAsync(record.Id(), end.System, "sent");
        Assert.Equal("pending", (await Service.PropagationAsync(record.Id())).Text("state"));

        await end.System.PostAsync(Downstream.Word(told));

        Assert.Equal("complete", (await Service.PropagationAsync(record.Id(), wait: 10)).Text("state"));
    }
}

/// <summary>One event as it came over a channel: what it says, and everything beside its body.</summary>
internal sealed record Handed(OptOutEvent Told, byte[] Body, string Beside, string? MessageId);

/// <summary>A system's end of a channel.</summary>
internal abstract class ChannelEnd(Downstream system) : IAsyncDisposable
{
    public Downstream System => system;

    public abstract Task<List<Handed>> TakeAsync(int count);

    public abstract ValueTask DisposeAsync();
}

[Collection(PropagationGroup.Name)]
public sealed class RabbitMqCompliance(PropagationService fixture) : ChannelCompliance(fixture)
{
    private protected override async Task<ChannelEnd> ConnectAsync(string purpose, params string[] identifiers) =>
        new QueueEnd(await Service.RegisterAsync(purpose, identifiers: identifiers));

    private sealed class QueueEnd(Downstream system) : ChannelEnd(system)
    {
        public override async Task<List<Handed>> TakeAsync(int count) => (await System.TakeAsync(count)).ConvertAll(one => new Handed(
            one.Told, one.Body, string.Join('\n', one.Properties.Headers!.Select(
                header => $"{header.Key} {(header.Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : header.Value)}"))
                + one.Properties.CorrelationId + one.Properties.Type + one.Properties.MessageId, one.Properties.MessageId));

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

[Collection(PropagationGroup.Name)]
public sealed class WebhookCompliance(PropagationService fixture) : ChannelCompliance(fixture)
{
    private protected override async Task<ChannelEnd> ConnectAsync(string purpose, params string[] identifiers)
    {
        var receiver = await Receiver.StartAsync(202);
        return new CalledEnd(await Service.RegisterAsync(purpose, receiver.Url, 60, identifiers), receiver);
    }

    private sealed class CalledEnd(Downstream system, Receiver receiver) : ChannelEnd(system)
    {
        public override async Task<List<Handed>> TakeAsync(int count)
        {
            await Running.UntilAsync(() => Task.FromResult(receiver.Requests.Count >= count), "No call came.");
            return [.. Enumerable.Range(0, count).Select(_ =>
            {
                receiver.Requests.TryDequeue(out var request);
                return new Handed(OptOutEvent.TryParse(request.Body)!, request.Body,
                    request.Path + string.Join('\n', request.Headers.Select(header => $"{header.Key} {header.Value}")),
                    request.Headers[WebhookHeaders.IdName]);
            })];
        }

        public override ValueTask DisposeAsync() => receiver.DisposeAsync();
    }
}
