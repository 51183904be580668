using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Enforcement;

[Collection(EnforcementCollection.Name)]
public sealed class ImportTests(EnforcementService fixture, Servers servers)
{
    private readonly RunningService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Row(string email, string more = "") =>
        $$"""{"type":"email","value":"{{email}}","purpose":"marketing"{{more}}}""" + "\n";

    private static Task<Answer> ImportAsync(
        RunningService service, string file, string? key = "", string query = "", string role = "operator", string media = "application/x-ndjson")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(file));
        content.Headers.ContentType = new MediaTypeHeaderValue(media);
        return service.SendAsync(HttpMethod.Post, "/v1/imports" + query, content, role, key is { Length: 0 } ? Stops.NewKey() : key);
    }

    private static async Task<JsonElement> FinishedAsync(RunningService service, string id)
    {
        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(60);
        while (true)
        {
            var job = (await service.GetAsync("/v1/imports/" + id, "operator")).Json;
            if (job.GetProperty("finishedAt").ValueKind != JsonValueKind.Null)
                return job;
            Assert.True(TimeProvider.System.GetUtcNow() < deadline, "The import did not end.");
            await Task.Delay(50, Cancellation);
        }
    }

    private static (long, long, long) Counts(JsonElement job) => (job.GetProperty("created").GetInt64(),
        job.GetProperty("repeated").GetInt64(), job.GetProperty("rejected").GetInt64());

    private static async Task<List<string>> RowsAsync(RunningService service, string id, string query = "") =>
        [.. (await service.GetAsync($"/v1/imports/{id}/rows{query}", "operator")).Json.GetProperty("data").EnumerateArray()
            .Select(row => $"{row.GetProperty("row").GetInt64()} {row.Text("status")} {row.GetProperty("code").GetString()}".TrimEnd())];

    [Fact]
    public async Task Stops_of_a_file_stand_and_every_row_has_its_result()
    {
        var (fresh, known) = (Stops.NewEmail(), Stops.NewEmail());
        await _service.StopEmailAsync(known);
        var file = Row(fresh, ""","occurredAt":"2024-02-29T10:00:00Z","reason":"left" """) + "\n" + Row(known) + Row("no address") + "no json\n"
            + Row(Stops.NewEmail(), ""","channel":"fax" """) + Row(Stops.NewEmail(), ""","more":"x" """)
            + """{"type":"email","value":"a@example.com","purpose":"unheard_of"}""";

        var accepted = await ImportAsync(_service, file);
        var job = await FinishedAsync(_service, accepted.Id);

        Assert.Equal(202, accepted.Status);
        Assert.Equal((1, 1, 5), Counts(job));
        Assert.Equal(["1 created", "2 repeated", "3 rejected identifier_unreadable", "4 rejected row_unreadable",
            "5 rejected channel_unknown", "6 rejected column_unknown", "7 rejected purpose_unknown"],
            await RowsAsync(_service, accepted.Id));
        Assert.Equal(5, (await RowsAsync(_service, accepted.Id, "?status=rejected")).Count);
        Assert.Equal("stop", (await _service.CheckEmailAsync(fresh)).Decision());
        Assert.Equal("import ndjson left 2024-02-29", await _service.ScalarAsync<string>(
            """
            SELECT origin_method || ' ' || origin_system || ' ' || reason_code || ' ' || (occurred_at AT TIME ZONE 'UTC')::date
            FROM optout.opt_out_version WHERE reason_code = 'left'
            """));
    }

    /// <summary>LESSONS 6, T40: an import flag cleared the stop.</summary>
    [Fact]
    public async Task An_import_never_lifts_a_stop_and_lists_the_rows_that_ask_for_it()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        var optIn = await ImportAsync(_service, Row(email, ""","state":"opted_in" """));
        var subscribed = await ImportAsync(_service,
            $"Email Address,UNSUB_TIME\n{email},\n", query: "?format=mailchimp&purpose=marketing", media: "text/csv");
        var export = await ImportAsync(_service,
            $"Email Address,First Name\n{email},Ada\n", query: "?format=mailchimp&purpose=marketing", media: "text/csv");

        Assert.Equal((0, 0, 1), Counts(await FinishedAsync(_service, optIn.Id)));
        await FinishedAsync(_service, subscribed.Id);
        Assert.Equal(["1 rejected not_a_stop"], await RowsAsync(_service, optIn.Id));
        Assert.Equal(["1 rejected not_a_stop"], await RowsAsync(_service, subscribed.Id));
        Assert.Equal((422, "import_refused"), (export.Status, export.Code));
        Assert.Equal([1], await _service.VersionsAsync(stop.Raw()));
        Assert.Equal("stop", (await _service.CheckEmailAsync(email)).Decision());
    }

    [Theory]
    [InlineData("csv", "value,purpose,channel\n\"{0}\",marketing,email\n")]
    [InlineData("sendgrid", "email,created\n{0},1700000000\n")]
    [InlineData("mailchimp", "\uFEFF\"Email Address\",\"First Name\",UNSUB_TIME,NOTES\n{0},\"A, \"\"B\"\"\",\"2023-11-14 22:13:20\",\"two\nlines\"\n")]
    [InlineData("ses", "{0},BOUNCE,2023-11-14T22:13:20Z\n")]
    public async Task A_vendors_export_is_understood(string format, string file)
    {
        var email = Stops.NewEmail();

        var accepted = await ImportAsync(_service, file.Replace("{0}", email, StringComparison.Ordinal),
            query: $"?format={format}&purpose=marketing", media: "text/csv");

        Assert.Equal(202, accepted.Status);
        Assert.Equal((1, 0, 0), Counts(await FinishedAsync(_service, accepted.Id)));
        Assert.Equal("stop", (await _service.CheckEmailAsync(email)).Decision());
    }

    [Fact]
    public async Task The_same_key_and_file_are_the_same_job_and_another_file_is_refused()
    {
        var (key, file) = (Stops.NewKey(), Row(Stops.NewEmail()));
        var first = await ImportAsync(_service, file, key);
        await FinishedAsync(_service, first.Id);
        var again = await ImportAsync(_service, file, key);
        var other = await ImportAsync(_service, Row(Stops.NewEmail()), key);
        var without = await ImportAsync(_service, file, key: null);

        Assert.Equal((202, first.Id, "true"), (again.Status, again.Id, again.Header("Idempotent-Replayed")));
        Assert.Equal((422, "idempotency_key_reused"), (other.Status, other.Code));
        Assert.Equal((400, "idempotency_key_required"), (without.Status, without.Code));
    }

    [Fact]
    public async Task A_dry_run_records_nothing_and_says_what_would_be()
    {
        var (fresh, known) = (Stops.NewEmail(), Stops.NewEmail());
        await _service.StopEmailAsync(known);

        var accepted = await ImportAsync(_service, Row(fresh) + Row(known) + "x\n", query: "?dryRun=true");
        await FinishedAsync(_service, accepted.Id);

        Assert.Equal(["1 would_create", "2 would_repeat", "3 rejected row_unreadable"], await RowsAsync(_service, accepted.Id));
        Assert.Equal("go", (await _service.CheckEmailAsync(fresh)).Decision());
    }

    /// <summary>T39: a rival stops a whole base.</summary>
    [Fact]
    public async Task A_large_import_waits_for_a_second_person()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Enforcement:ImportRowsForApproval=2");
        var emails = Enumerable.Range(0, 3).Select(_ => Stops.NewEmail()).ToArray();
        var asked = await ImportAsync(service, string.Concat(emails.Select(email => Row(email))));
        var id = asked.Json.Text("target");
        Assert.Equal((202, "import.run"), (asked.Status, asked.Json.Text("act")));
        Assert.Equal("awaiting_approval", (await service.GetAsync("/v1/imports/" + id, "operator")).Json.Text("state"));
        Assert.Equal("go", (await service.CheckEmailAsync(emails[0])).Decision());

        var approve = $"/v1/approvals/{asked.Json.Text("approvalId")}/approve";
        var byItself = await service.PostAsync(approve, "{}", "operator");
        var bySecond = await service.PostAsync(approve, "{}", "bootstrap");

        Assert.Equal((403, 200), (byItself.Status, bySecond.Status));
        Assert.Equal((3, 0, 0), Counts(await FinishedAsync(service, id)));
        Assert.Equal("stop", (await service.CheckEmailAsync(emails[2])).Decision());
    }

    [Fact]
    public async Task A_file_of_bad_rows_is_taken_in_bounded_memory_and_each_is_listed()
    {
        var file = new StringBuilder();
        for (var i = 0; i < 60_000; i++)
            file.Append("{\"type\":\"email\",\"value\":\"nobody\"}\n");
        file.Append(new string('x', 100_000)).Append('\n').Append(Row(Stops.NewEmail()));

        var accepted = await ImportAsync(_service, file.ToString());
        var job = await FinishedAsync(_service, accepted.Id);

        Assert.Equal((1, 0, 60_001), Counts(job));
        var last = await _service.GetAsync($"/v1/imports/{accepted.Id}/rows?status=rejected&limit=200", "operator");
        Assert.Equal(200, last.Json.GetProperty("data").GetArrayLength());
        Assert.InRange(await _service.ScalarAsync<long>(
            "SELECT sum(octet_length(results))::bigint FROM optout.import_chunk WHERE octet_length(results) > 1000"), 1, 1_100_000);
    }

    /// <summary>A process that ended between the commit and its mark: the piece is answered again, not recorded again.</summary>
    [Fact]
    public async Task A_piece_that_was_recorded_before_a_crash_is_not_recorded_again()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var accepted = await ImportAsync(service, Row(email));
        await FinishedAsync(service, accepted.Id);
        var id = Guid.ParseExact(accepted.Id[4..], "N");
        var results = await service.ScalarAsync<byte[]>("SELECT results FROM optout.import_chunk WHERE import_id = $1", id);
        Assert.Equal(1, await service.LeavesAsync(
            await service.ScalarAsync<Guid>("SELECT opt_out_id FROM optout.opt_out_version WHERE origin_method = 'import'"), "recorded"));
        Assert.Equal(results, await service.ScalarAsync<byte[]>(
            "SELECT body FROM optout.idempotency WHERE caller = 'import' AND operation = $1", id.ToString("N")));
    }

    [Fact]
    public async Task Names_of_people_do_not_lie_in_the_clear_while_a_file_waits()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Enforcement:ImportRowsForApproval=1");
        var email = Stops.NewEmail();
        await ImportAsync(service, Row(email) + Row(Stops.NewEmail()));

        Assert.Equal(0, await service.ScalarAsync<long>(
            $"SELECT count(*) FROM optout.import_chunk WHERE encode(sealed, 'escape') LIKE '%{email}%'"));
        Assert.Equal(1, await service.ScalarAsync<long>("SELECT count(*) FROM optout.import_chunk WHERE sealed IS NOT NULL"));
    }

    [Fact]
    public async Task An_import_needs_an_operator_lines_and_known_settings()
    {
        Assert.Equal(403, (await ImportAsync(_service, Row("a@example.com"), role: "recorder")).Status);
        Assert.Equal(415, (await ImportAsync(_service, Row("a@example.com"), media: "application/json")).Status);
        Assert.Equal(400, (await ImportAsync(_service, "", query: "?format=excel")).Status);
        Assert.Equal(400, (await ImportAsync(_service, "", query: "?format=ses")).Status);
        Assert.Equal(400, (await ImportAsync(_service, "", query: "?purpose=unheard_of")).Status);
        Assert.Equal(404, (await _service.GetAsync("/v1/imports/imp_01998a6f0c2e7d5b9a3f4e21c0d7b865", "operator")).Status);
        Assert.Equal((422, "import_refused"), await RefusedAsync());

        async Task<(int, string)> RefusedAsync()
        {
            var refused = await ImportAsync(_service, "name,mail\nAda,a@example.com\n", media: "text/csv");
            return (refused.Status, refused.Code);
        }
    }
}
