using System.Text;
using System.Text.Json;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Client;

/// <summary>The sample reporting database, built and run: people under a stop are in no query, until they lift it.</summary>
public sealed class ReportsSampleTests(Servers servers)
{
    [Fact]
    public async Task A_person_under_a_stop_is_in_no_query_of_the_mirrored_database_by_EF_Core_or_by_SQL()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:AllowPrivateTargets=true");
        var url = SdkSystem.FreeUrl();
        var made = await service.SendAsync(HttpMethod.Put, "/v1/systems/reports", new StringContent($$"""
            { "displayName": "Reports", "kind": "internal", "owner": "tests", "channel": { "type": "webhook", "url": "{{url}}" },
              "contract": { "purposes": ["analytics"], "channels": ["any"],
                            "identifiers": [ { "type": "email", "form": "plain" } ], "objectiveSeconds": 60 } }
            """, Encoding.UTF8, "application/json"), "bootstrap");
        var downstream = await servers.CreateDatabaseAsync();
        await using var reports = await SampleProcess.StartAsync("Reports", url, new Dictionary<string, string>
        {
            ["OPTOUT_SYSTEM"] = "reports", ["OPTOUT_SECRET"] = Stops.Text(made.Json, "secret"), ["REPORTS_DATABASE"] = downstream.Admin,
        }, "/customers");

        var (person, other) = (Stops.NewEmail(), "z" + Stops.NewEmail());
        var tagged = person.Replace("@", "+shop@", StringComparison.Ordinal);
        await using var database = NpgsqlDataSource.Create(downstream.Admin);
        foreach (var email in new[] { person.ToUpperInvariant(), tagged, other })
        {
            await using var insert = database.CreateCommand("INSERT INTO customer (email) VALUES ($1)");
            insert.Parameters.Add(new NpgsqlParameter { Value = email });
            await insert.ExecuteNonQueryAsync(Cancellation);
        }

        Assert.Equal(3, (await AskAsync(reports, "/customers")).Length);
        var stop = await service.StopEmailAsync(person, "analytics");
        await UntilAsync(reports, [other]);

        // A stop of one channel alone does not cover the question over any.
        await service.StopEmailAsync(other, "analytics", "sms");
        var token = await service.TokenAsync(Stops.Email(person), "analytics");
        Assert.Equal(201, (await service.ReverseAsync(stop.Id, token, 1)).Status);
        await UntilAsync(reports, [tagged, person.ToUpperInvariant(), other]);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task UntilAsync(SampleProcess reports, string[] expected)
    {
        string[] byModel = [], bySql = [];
        for (var tries = 0; tries < 200; tries++)
        {
            (byModel, bySql) = (await AskAsync(reports, "/customers"), await AskAsync(reports, "/customers/sql"));
            if (byModel.Order().SequenceEqual(expected.Order()) && bySql.Order().SequenceEqual(expected.Order())) return;
            await Task.Delay(50, Cancellation);
        }

        Assert.Fail($"{byModel.Length} by the model, {bySql.Length} by SQL, {expected.Length} expected.");
    }

    private static async Task<string[]> AskAsync(SampleProcess reports, string path) =>
        JsonSerializer.Deserialize<string[]>(await reports.Http.GetStringAsync(path, Cancellation))!;
}
