using System.Net.Http.Json;
using System.Text.Json;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Subscriber;

namespace OptOut.IntegrationTests.Subscriber;

public sealed class RabbitMqSubscriberTests(Servers servers) : IAsyncLifetime
{
    private readonly SubscriberHost _system = new();
    private Uri _broker = null!;
    private FakeService _service = null!;

    [Fact]
    public async Task An_event_is_applied_and_acknowledged_signed_with_its_trace()
    {
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        var (said, trace) = await _service.TakeWithTraceAsync();
        Assert.Equal(("dlv_1_1", AcknowledgementOutcome.Applied), (said.DeliveryId, said.Outcome));
        Assert.Equal(TestEvents.Trace, trace);
        await DrainedAsync();
    }

    [Fact]
    public async Task A_duplicate_is_acknowledged_again_and_an_older_version_is_kept_from_the_handler()
    {
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(2));
        var first = await _service.TakeAsync();
        await _service.TellAsync(TestEvents.Version(2));
        Assert.Equal(first.ToUtf8Bytes(), (await _service.TakeAsync()).ToUtf8Bytes());
        await _service.TellAsync(TestEvents.Version(1));
        Assert.Equal(AcknowledgementOutcome.Received, (await _service.TakeAsync()).Outcome);
        Assert.Single(_system.Notices);
        await DrainedAsync();
    }

    [Fact]
    public async Task Poison_and_forgery_go_to_the_dead_letters_and_stop_nobody_else()
    {
        await StartAsync();
        await _service.TellAsync("{ poison"u8.ToArray());
        await _service.TellAsync(TestEvents.Version(1, "forged").ToUtf8Bytes(), WebhookSecret.Generate());
        await _service.TellAsync(new byte[ContractLimits.MaxMessageBytes + 1]);
        await _service.TellAsync(TestEvents.Version(1));
        Assert.Equal("dlv_1_1", (await _service.TakeAsync()).DeliveryId);
        await _service.CountsAsync(BrokerNames.DeadLetterQueue(FakeService.System), 3);
        Assert.Single(_system.Notices);
    }

    [Fact]
    public async Task A_handler_that_keeps_throwing_is_told_to_the_service_and_the_event_put_aside()
    {
        _system.Answer = _ => throw new InvalidOperationException("always");
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        Assert.Equal(AcknowledgementOutcome.Failed, (await _service.TakeAsync()).Outcome);
        await _service.CountsAsync(BrokerNames.DeadLetterQueue(FakeService.System), 1);
        Assert.Equal(3, _system.Notices.Count);
    }

    [Fact]
    public async Task While_nobody_takes_the_acknowledgement_the_event_is_not_done_and_the_handler_not_called_again()
    {
        await _service.ListenAsync(false);
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        await FakeService.UntilAsync(() => Task.FromResult(!_system.Notices.IsEmpty));
        await FakeService.UntilAsync(() => Task.FromResult(
            _system.Said.Count(line => line.Contains("did not go out", StringComparison.Ordinal)) > 2));

        await _service.ListenAsync(true);
        Assert.Equal(AcknowledgementOutcome.Applied, (await _service.TakeAsync()).Outcome);
        Assert.Single(_system.Notices);
        await DrainedAsync();
    }

    [Fact]
    public async Task An_acknowledgement_lost_with_the_connection_is_said_again_to_the_redelivery()
    {
        await _service.ListenAsync(false);
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        await FakeService.UntilAsync(() => Task.FromResult(!_system.Notices.IsEmpty));
        await CutAsync();
        await _service.ListenAsync(true);
        Assert.Equal(AcknowledgementOutcome.Applied, (await _service.TakeAsync()).Outcome);
        Assert.Single(_system.Notices);
        await DrainedAsync();
    }

    [Fact]
    public async Task A_cut_connection_is_replaced_within_seconds()
    {
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        await _service.TakeAsync();
        await CutAsync();
        var cut = TimeProvider.System.GetTimestamp();
        await _service.TellAsync(TestEvents.Version(2));
        Assert.Equal(2, (await _service.TakeAsync()).Version);
        Assert.True(TimeProvider.System.GetElapsedTime(cut) < TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Versions_that_arrive_in_any_order_are_handed_on_only_upwards()
    {
        var databases = await servers.CreateDatabaseAsync();
        await StartAsync(chosen => chosen.FenceInPostgres(databases.Owner));
        var told = Enumerable.Range(1, 10).SelectMany(version => new[] { version, version }).ToArray();
        new Random(20261120).Shuffle(told);
        foreach (var version in told) await _service.TellAsync(TestEvents.Version(version));
        for (var i = 0; i < told.Length; i++) await _service.TakeAsync();

        var handed = _system.Notices.Select(notice => notice.Data.Version).ToList();
        Assert.Equal(handed.Order().Distinct(), handed);
        Assert.Equal(10, handed[^1]);
        await DrainedAsync();
    }

    [Fact]
    public async Task A_system_declares_nothing_and_waits_for_its_queue_to_be_made()
    {
        var broker = await servers.CreateVhostAsync();
        await using var service = await FakeService.ConnectAsync(broker, declare: false);
        await using var system = await new SubscriberHost().StartAsync(broker, service.Secret);
        await FakeService.UntilAsync(() => Task.FromResult(
            system.Said.Any(line => line.Contains("no_such_queue", StringComparison.Ordinal))));
        Assert.Equal("[]", await servers.Management.GetStringAsync(Api("queues", broker), Cancellation));

        await service.DeclareAsync();
        await service.TellAsync(TestEvents.Version(1));
        Assert.Equal(AcknowledgementOutcome.Applied, (await service.TakeAsync()).Outcome);
    }

    [Fact]
    public async Task A_queue_that_is_deleted_and_made_again_is_found_again()
    {
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        await _service.TakeAsync();
        await DeleteAsync(BrokerNames.Queue(FakeService.System));

        // A channel that published to the old queue numbers its messages on, and the new queue would wait for the first.
        await using var anew = await FakeService.ConnectAsync(_broker, declare: true, _service.Secret);
        await anew.TellAsync(TestEvents.Version(2));
        Assert.Equal(2, (await anew.TakeAsync()).Version);
    }

    [Fact]
    public async Task Acknowledgements_find_a_queue_that_is_deleted_and_made_again()
    {
        await StartAsync();
        await _service.TellAsync(TestEvents.Version(1));
        await _service.TakeAsync();
        await DeleteAsync(BrokerNames.AcknowledgementsQueue);

        await using var anew = await FakeService.ConnectAsync(_broker, declare: true, _service.Secret);
        await anew.TellAsync(TestEvents.Version(2));
        Assert.Equal(2, (await anew.TakeAsync()).Version);
        Assert.Equal(2, _system.Notices.Count);
    }

    public async ValueTask InitializeAsync()
    {
        _broker = await servers.CreateVhostAsync();
        _service = await FakeService.ConnectAsync(_broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        foreach (var line in _system.Said) TestContext.Current.TestOutputHelper?.WriteLine(line);
        await _service.DisposeAsync();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Uri Api(string what, Uri broker) => new($"api/{what}{broker.AbsolutePath}", UriKind.Relative);

    private Task<SubscriberHost> StartAsync(Action<OptOutSubscriberBuilder>? fence = null) =>
        _system.StartAsync(_broker, _service.Secret, fence);

    // The broker closes the system's connection from its side; the service's own stays.
    private async Task CutAsync()
    {
        List<JsonElement> ofSystem = [];
        await FakeService.UntilAsync(async () =>
        {
            var path = new Uri($"api/vhosts{_broker.AbsolutePath}/connections", UriKind.Relative);
            var all = await servers.Management.GetFromJsonAsync<List<JsonElement>>(path, Cancellation);
            ofSystem = [.. all!.Where(one => one.TryGetProperty("client_properties", out var client)
                && client.TryGetProperty("connection_name", out var name)
                && name.GetString()!.StartsWith("optout-subscriber", StringComparison.Ordinal))];
            return ofSystem.Count > 0;
        });
        foreach (var one in ofSystem)
        {
            var name = Uri.EscapeDataString(one.GetProperty("name").GetString()!);
            using var cut = await servers.Management.DeleteAsync(new Uri($"api/connections/{name}", UriKind.Relative), Cancellation);
            cut.EnsureSuccessStatusCode();
        }
    }

    // What the system held without settling it returns to the queue in the moment in which its consumer goes.
    private async Task DrainedAsync()
    {
        await _system.DisposeAsync();
        await FakeService.UntilAsync(() => _service.IsLeftEmptyAsync(BrokerNames.Queue(FakeService.System)));
    }

    private async Task DeleteAsync(string queue)
    {
        var path = new Uri($"{Api("queues", _broker)}/{queue}", UriKind.Relative);
        using var deleted = await servers.Management.DeleteAsync(path, Cancellation);
        deleted.EnsureSuccessStatusCode();
    }
}
