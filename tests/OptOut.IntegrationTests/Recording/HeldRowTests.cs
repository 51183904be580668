using System.Globalization;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>Another session holds a person's row and does not let go, as a replica that hangs in its transaction does.</summary>
public sealed class HeldRowTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_held_is_refused_within_seconds_everybody_else_is_recorded_and_afterwards_so_are_they()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var stop = await service.StopEmailAsync(email);
        var key = Stops.NewKey();
        Answer refused;
        await using (await HoldAsync(service, stop))
        {
            var started = TimeProvider.System.GetTimestamp();
            var heldPost = service.StopAsync(Stops.Email(email), "analytics", key: key);
            Task<Answer>[] others = [.. Enumerable.Range(0, 20).Select(_ => service.StopEmailAsync(Stops.NewEmail()))];
            refused = await heldPost;

            Assert.All(await Task.WhenAll(others), answer => Assert.Equal(201, answer.Status));
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
        }

        Assert.Equal((503, "storage_unavailable"), (refused.Status, refused.Code));
        Assert.True(int.Parse(refused.Header("Retry-After")!, CultureInfo.InvariantCulture) > 0);
        Assert.Equal(201, (await service.StopAsync(Stops.Email(email), "analytics", key: key)).Status);
        Assert.Equal(22L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version"));
    }

    [Fact]
    public async Task A_table_that_is_held_for_good_ends_in_a_refusal_and_not_in_waiting()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.KeyOfAsync("recorder");
        Answer refused;
        await using (await Stall.StartAsync(service))
        {
            var started = TimeProvider.System.GetTimestamp();
            refused = await service.StopEmailAsync(Stops.NewEmail());
            Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 5, 30);
        }

        Assert.Equal((503, "storage_unavailable"), (refused.Status, refused.Code));
        Assert.Equal(201, (await service.StopEmailAsync(Stops.NewEmail())).Status);
    }

    private static async Task<NpgsqlConnection> HoldAsync(RunningService service, Answer stop)
    {
        var connection = await service.Database.OpenConnectionAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            $"BEGIN; SELECT 1 FROM optout.subject WHERE subject_id = '{SubjectOf(stop)}' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync(Cancellation);
        return connection;
    }

    private static Guid SubjectOf(Answer stop) => Guid.ParseExact(stop.Json.Text("subjectId")[4..], "N");
}
