using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Enforcement;

/// <summary>One service for all tests that ask: each of them uses people of its own.</summary>
public sealed class EnforcementService(Servers servers) : IAsyncLifetime
{
    private RunningService? _running;

    public RunningService Service => _running ?? throw new InvalidOperationException("The fixture has not started.");

    public async ValueTask InitializeAsync()
    {
        _running = await RunningService.StartAsync(servers);
        await Service.PutPurposeAsync("marketing.newsletter");
        await Service.PutPurposeAsync("service_messages", overridable: true);
    }

    public ValueTask DisposeAsync() => _running?.DisposeAsync() ?? ValueTask.CompletedTask;
}

[CollectionDefinition(Name)]
public sealed class EnforcementCollection : ICollectionFixture<EnforcementService>
{
    public const string Name = "enforcement";
}
