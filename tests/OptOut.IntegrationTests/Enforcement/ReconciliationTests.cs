using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Enforcement;

public sealed class ReconciliationTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Line(string email) => $$"""{"type":"email","value":"{{email}}"}""" + "\n";

    private static async Task<(int Status, List<JsonElement> Lines)> ReconcileAsync(
        RunningService service, string lines, string role = "operator", string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/systems/mailer/reconciliations" + query)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(lines)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await service.KeyOfAsync(role));
        using var response = await service.Http.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return ((int)response.StatusCode, [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)]);
    }

    /// <summary>LESSONS 25: the guard stood on one caller, other senders went round it.</summary>
    [Fact]
    public async Task Who_is_still_on_a_systems_list_is_found_and_what_it_said_it_had_done_is_open_again()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.AddSystemAsync("mailer", "marketing", "email");
        var (done, open, free) = (Stops.NewEmail(), Stops.NewEmail(), Stops.NewEmail());
        var doneStop = await service.StopEmailAsync(done);
        var openStop = await service.StopEmailAsync(open);
        await service.RunAsync(
            $"""
            UPDATE optout.delivery SET state = 'applied', closed_at = now() WHERE opt_out_id = '{doneStop.Raw()}';
            DELETE FROM optout.open_delivery WHERE opt_out_id = '{doneStop.Raw()}';
            """);

        var (status, lines) = await ReconcileAsync(service, Line(free) + Line(done) + "no line\n" + Line(open));

        Assert.Equal(200, status);
        Assert.Equal([2, 3, 4], lines.Take(3).Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal((doneStop.Id, "retrying", true),
            (lines[0].Text("optOutId"), lines[0].Text("deliveryState"), lines[0].GetProperty("reopened").GetBoolean()));
        Assert.Equal("item_unreadable", lines[1].Text("code"));
        Assert.Equal((openStop.Id, false), (lines[2].Text("optOutId"), lines[2].GetProperty("reopened").GetBoolean()));
        var summary = lines[3].GetProperty("summary");
        Assert.Equal((4, 2, 1, 1), (summary.GetProperty("lines").GetInt32(), summary.GetProperty("stopped").GetInt32(),
            summary.GetProperty("unreadable").GetInt32(), summary.GetProperty("reopened").GetInt32()));
        Assert.Equal(1, await service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.open_delivery WHERE opt_out_id = $1", doneStop.Raw()));
        Assert.Equal(1, await service.DecisionsAsync(doneStop.Raw(), "listed"));
        Assert.Equal("reconciled complete", await service.ScalarAsync<string>(
            """
            SELECT l.leaf ->> 'kind' || ' ' || (l.leaf ->> 'outcome')
            FROM (SELECT entry_id, convert_from(leaf, 'UTF8')::jsonb AS leaf FROM ledger.leaf) l
            JOIN optout.reconciliation r ON r.ledger_entry_id = l.entry_id
            """));
    }

    /// <summary>LESSONS 28: a reconciliation's timer reset at each deploy, so it never ran.</summary>
    [Fact]
    public async Task The_watermark_of_the_last_whole_list_is_in_the_database_and_a_broken_one_does_not_move_it()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.AddSystemAsync("mailer", "marketing", "email");
        await ReconcileAsync(service, Line(Stops.NewEmail()));
        const string Watermark = "SELECT max(last_reconciled_at) FROM optout.system_status";
        var first = await service.ScalarAsync<DateTime>(Watermark);

        await using (var lines = await RawLines.OpenAsync(service, "/v1/systems/mailer/reconciliations", "operator"))
        {
            await lines.LineAsync(Line(Stops.NewEmail()).TrimEnd());
            Assert.True(await lines.UntilAsync("HTTP/1.1 200"));
        }

        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(20);
        while (await service.ScalarAsync<long>("SELECT count(*) FROM optout.reconciliation WHERE NOT complete") == 0)
        {
            Assert.True(TimeProvider.System.GetUtcNow() < deadline, "The broken list was not recorded.");
            await Task.Delay(50, Cancellation);
        }

        Assert.Equal(first, await service.ScalarAsync<DateTime>(Watermark));
        await ReconcileAsync(service, "");
        Assert.True(await service.ScalarAsync<DateTime>(Watermark) > first);
    }

    [Fact]
    public async Task A_system_reconciles_itself_alone()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.AddSystemAsync("mailer", "marketing", "email");
        await service.AddSystemAsync("other", "marketing", "email");

        Assert.Equal(200, (await ReconcileAsync(service, Line(Stops.NewEmail()), "system:mailer")).Status);
        Assert.Equal(403, (await ReconcileAsync(service, Line(Stops.NewEmail()), "system:other")).Status);
        Assert.Equal(403, (await ReconcileAsync(service, Line(Stops.NewEmail()), "gate")).Status);
        Assert.Equal(400, (await ReconcileAsync(service, "", query: "?purpose=unheard_of")).Status);
    }
}
