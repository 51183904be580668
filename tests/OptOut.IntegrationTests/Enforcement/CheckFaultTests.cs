using Microsoft.Extensions.DependencyInjection;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Service.Audit.Sequencing;

namespace OptOut.IntegrationTests.Enforcement;

public sealed class CheckFaultTests(Servers servers)
{
    /// <summary>LESSONS 23: a look-up error meant "not suppressed".</summary>
    [Fact]
    public async Task With_the_database_away_a_check_is_refused_and_never_go()
    {
        await using var postgres = await PrivatePostgres.StartAsync();
        await using var service = await RunningService.StartAsync(postgres.Databases);
        var email = Stops.NewEmail();
        await service.StopEmailAsync(email);
        Assert.Equal("stop", (await service.CheckEmailAsync(email)).Decision());

        await postgres.Server.StopAsync();
        var refused = await service.CheckAsync(Asks.Item(Stops.Email(email)));

        Assert.Equal((503, "storage_unavailable"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_ledger_that_contradicts_what_was_published_makes_every_answer_unknown()
    {
        // Without a key nobody sequences, and so nobody finds out that all is well.
        await using var service = await RunningService.StartAsync(servers, "--OptOut:LedgerKeyFile=");
        service.App.Services.GetRequiredService<LedgerStatus>().Incident = "head_differs";

        var item = await service.CheckEmailAsync(Stops.NewEmail());

        Assert.Equal(("unknown", "not_current"), (item.Decision(), item.Text("code")));
    }

    /// <summary>T48: what cannot be put on record is not answered.</summary>
    [Fact]
    public async Task A_stop_that_cannot_be_recorded_is_not_answered()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        await service.StopEmailAsync(email);
        await service.RunAsync(
            "ALTER TABLE optout.decision ADD CONSTRAINT nothing_goes_in CHECK (false)");

        var refused = await service.CheckAsync(Asks.Item(Stops.Email(email)));

        Assert.InRange(refused.Status, 500, 503);
    }
}
