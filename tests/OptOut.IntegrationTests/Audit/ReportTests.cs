using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OptOut.IntegrationTests.Audit.Findings;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger;

namespace OptOut.IntegrationTests.Audit;

public sealed class ReportTests(Servers servers)
{
    [Fact]
    public async Task A_report_counts_what_was_asked_what_was_done_and_what_is_late()
    {
        await using var service = await SeededAsync();

        var report = (await service.GetAsync("/v1/reports/compliance", "auditor")).Json.GetProperty("report");

        var optOuts = Assert.Single(Rows(report, "opt_outs"));
        Assert.Equal(("marketing", "api", 3, 0), (optOuts["purpose"].GetString(), optOuts["originMethod"].GetString(),
            optOuts["optOuts"].GetInt32(), optOuts["reversals"].GetInt32()));
        var lag = Assert.Single(Rows(report, "lag"));
        Assert.Equal(("crm", 3, 2, 1000, 3000, 3000), (lag["system"].GetString(), lag["deliveries"].GetInt32(), lag["applied"].GetInt32(),
            lag["p50Ms"].GetInt32(), lag["p95Ms"].GetInt32(), lag["maxMs"].GetInt32()));
        var overdue = Assert.Single(Rows(report, "overdue"));
        Assert.Equal((1, 0, 1), (overdue["appliedLate"].GetInt32(), overdue["refusedLate"].GetInt32(), overdue["stillOpen"].GetInt32()));
        Assert.False(Section(report, "ledger_verification").GetProperty("recorded").GetBoolean());
        Assert.Equal(1, Rows(report, "sent_after_stop").Sum(row => row["messages"].GetInt32()));
    }

    [Fact]
    public async Task A_report_is_sealed_by_the_hash_of_its_bytes_in_the_ledger_and_read_again_byte_for_byte()
    {
        await using var service = await SeededAsync();

        var answer = await service.GetAsync("/v1/reports/compliance", "auditor");
        var seal = answer.Json.GetProperty("seal");
        var bytes = Encoding.UTF8.GetBytes(answer.Json.GetProperty("report").GetRawText());

        Assert.Equal(seal.Text("sha256"), Convert.ToBase64String(SHA256.HashData(bytes)));
        await service.PublishedAsync();
        var opening = (await service.GetAsync("/v1/ledger/openings/" + seal.Text("entryId"), "auditor")).Json;
        var payload = Convert.FromBase64String(opening.Text("payload"));
        Assert.Contains(seal.Text("sha256"), Encoding.UTF8.GetString(payload), StringComparison.Ordinal);
        var receipt = await service.GetAsync("/v1/ledger/receipts/" + seal.Text("entryId"), "auditor");
        var leaf = LedgerLeaf.Parse(LedgerRig.Receipt(receipt.Text).Extra!);
        Assert.True(Commitment.Opens(leaf.CommitmentHash.Span, Convert.FromBase64String(opening.Text("nonce")), payload));

        var again = await service.GetAsync("/v1/reports/" + answer.Json.GetProperty("report").Text("id"), "auditor");
        Assert.Equal(answer.Text, again.Text);
    }

    [Fact]
    public async Task A_report_is_given_as_CSV_without_a_formula_and_as_a_page_without_a_script()
    {
        await using var service = await SeededAsync();
        await service.RunAsync(
            """
            INSERT INTO optout.incident (incident_id, title, severity, integrity_lock, opened_by, opened_at)
            VALUES (gen_random_uuid(), '=HYPERLINK("http://x","<script>alert(1)</script>")', 'info', false, 'key:0', now())
            """);

        var csv = await service.GetAsync("/v1/reports/compliance?format=csv", "auditor");
        Assert.StartsWith("text/csv", csv.ContentType, StringComparison.Ordinal);
        Assert.StartsWith("section,row,column,value\r\n", csv.Text, StringComparison.Ordinal);
        Assert.Contains("incidents,1,title,\"'=HYPERLINK(\"\"http://x\"\"", csv.Text, StringComparison.Ordinal);
        Assert.Contains("seal,0,sha256,", csv.Text, StringComparison.Ordinal);
        var page = await service.GetAsync("/v1/reports/compliance?format=html", "auditor");
        Assert.StartsWith("text/html", page.ContentType, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page.Text, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?from=yesterday", 400)]
    [InlineData("?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", 400)]
    [InlineData("?from=2020-01-01T00:00:00Z&to=2026-11-01T00:00:00Z", 400)]
    [InlineData("?format=pdf", 406)]
    public async Task A_period_that_is_none_is_refused(string query, int status)
    {
        await using var service = await RunningService.StartAsync(servers);
        Assert.Equal(status, (await service.GetAsync("/v1/reports/compliance" + query, "auditor")).Status);
        Assert.Equal(403, (await service.GetAsync("/v1/reports/compliance", "recorder")).Status);
    }

    [Fact]
    public async Task The_published_numbers_are_one_answer_and_one_page()
    {
        await using var service = await SeededAsync();

        var numbers = (await service.GetAsync("/v1/reports/numbers")).Json;

        var crm = Assert.Single(numbers.GetProperty("systems").EnumerateArray());
        Assert.Equal(("crm", 1000, 3000), (crm.Text("system"), crm.GetProperty("p50Ms").GetInt32(), crm.GetProperty("maxMs").GetInt32()));
        Assert.Equal(JsonValueKind.Null, crm.GetProperty("lastGoodProbeSeconds").ValueKind);
        Assert.Contains("<td>crm</td>", (await service.GetAsync("/v1/reports/numbers?format=html")).Text, StringComparison.Ordinal);
    }

    /// <summary>Three stops: one applied in time, one late, one still open; and a message that went out after one.</summary>
    private async Task<RunningService> SeededAsync()
    {
        var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 2);
        for (var i = 0; i < 3; i++) await service.StopEmailAsync(Stops.NewEmail());
        await service.RunAsync(
            """
            WITH n AS (SELECT delivery_id, row_number() OVER (ORDER BY delivery_id) AS n FROM optout.delivery)
            UPDATE optout.delivery d SET state = CASE WHEN n.n < 3 THEN 'applied' ELSE d.state END,
                recorded_at = d.recorded_at - interval '10 seconds', apply_by = d.recorded_at - interval '8 seconds',
                closed_at = CASE n.n WHEN 1 THEN d.recorded_at - interval '9 seconds' WHEN 2 THEN d.recorded_at - interval '7 seconds' END
            FROM n WHERE d.delivery_id = n.delivery_id;
            INSERT INTO optout.decision (decision_id, opt_out_id, version, purpose, channel, outcome, mode, at, effective_from,
                recorded_at, asked_by, ledger_entry_id, place)
            SELECT gen_random_uuid(), opt_out_id, version, purpose, 'email', 'sent', 'live', now(), recorded_at, now(), 'key:0',
                gen_random_uuid(), 0 FROM optout.opt_out_version LIMIT 1;
            """);
        return service;
    }

    private static JsonElement Section(JsonElement report, string name) =>
        report.GetProperty("sections").EnumerateArray().Single(section => section.Text("name") == name);

    private static List<Dictionary<string, JsonElement>> Rows(JsonElement report, string name)
    {
        var section = Section(report, name);
        var columns = section.GetProperty("columns").EnumerateArray().Select(c => c.GetString()!).ToArray();
        return [.. section.GetProperty("rows").EnumerateArray().Select(row => columns.Zip(row.EnumerateArray())
            .ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal))];
    }
}
