using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>One service for the tests that break nothing of it. Each has a purpose and systems of its own.</summary>
public sealed class PropagationService(Servers servers) : IAsyncLifetime
{
    internal Running Service { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Service = await Running.StartAsync(servers, await servers.CreateVhostAsync());

    public async ValueTask DisposeAsync() => await Service.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class PropagationGroup : ICollectionFixture<PropagationService>
{
    public const string Name = "propagation";
}
