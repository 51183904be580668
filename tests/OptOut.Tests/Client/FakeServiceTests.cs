using Microsoft.Extensions.DependencyInjection;
using OptOut.Client;
using OptOut.Client.Testing;

namespace OptOut.Tests.Client;

/// <summary>The fake that users' own tests stand on, through the real client.</summary>
public sealed class FakeServiceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_test_of_somebodys_own_records_asks_and_loses_the_service()
    {
        using var fake = new FakeOptOutService();
        var services = new ServiceCollection();
        services.AddOptOutClient(options =>
        {
            options.BaseAddress = new Uri("https://optout.example.com");
            (options.ApiKey, options.MaxAttempts) = (Api.Key, 1);
        }).UseFake(fake);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<OptOutClient>();
        var gate = provider.GetRequiredService<ISuppressionGate>();

        Assert.True(gate.MayUse("email", "ada@example.com", "marketing", "email"));
        var record = await client.OptOuts.RecordAsync(
            new NewOptOut { Subject = Subject.By("email", "Ada@example.com"), Scope = new NewScope("marketing") },
            cancellationToken: Cancellation);
        Assert.False(gate.MayUse("email", "ada@example.com", "marketing", "email"));
        Assert.Equal(record, await client.OptOuts.GetAsync(record.Id, Cancellation));
        var verdict = await client.Suppressions.CheckAsync("email", "ada+x@example.com", "marketing", "email", Cancellation);
        Assert.Equal((SuppressionDecision.Stop, false), (verdict.Decision, verdict.MayUse));
        Assert.True((await client.Suppressions.CheckAsync("email", "eve@example.com", "marketing", "email", Cancellation)).MayUse);
        await Assert.ThrowsAsync<OptOutNotFoundException>(() => client.Systems.GetAsync("crm", Cancellation));
        fake.IsDown = true;
        await Assert.ThrowsAsync<OptOutUnreachableException>(() => client.OptOuts.GetAsync(record.Id, Cancellation));
    }
}
