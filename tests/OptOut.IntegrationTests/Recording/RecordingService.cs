using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>One service with three systems, for all tests that only record: each of them uses people of its own.</summary>
public sealed class RecordingService(Servers servers) : IAsyncLifetime
{
    private RunningService? _running;

    public RunningService Service => _running ?? throw new InvalidOperationException("The fixture has not started.");

    public async ValueTask InitializeAsync()
    {
        _running = await RunningService.StartAsync(servers);
        await Service.AddSystemAsync("mailer", "marketing", "email");
        await Service.AddSystemAsync("dialler", "marketing", "phone");
        await Service.AddSystemAsync("numbers", "analytics", "user_id");
    }

    public ValueTask DisposeAsync() => _running?.DisposeAsync() ?? ValueTask.CompletedTask;
}

[CollectionDefinition(Name)]
public sealed class RecordingCollection : ICollectionFixture<RecordingService>
{
    public const string Name = "recording";
}
