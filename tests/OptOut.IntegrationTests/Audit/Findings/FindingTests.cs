using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Audit.Findings;

public sealed class FindingTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_overdue_is_told_within_five_seconds_and_closes_by_itself_when_it_is_cured()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());

        var finding = await service.FindingAsync("delivery_overdue", "system:crm", byItsClock: true);

        var late = await service.ScalarAsync<double>(
            "SELECT extract(epoch FROM opened_at - (SELECT min(apply_by) FROM optout.open_delivery))::float8 FROM optout.finding WHERE kind = 'delivery_overdue'");
        Assert.InRange(late, 0, 5);
        Assert.Equal(("crm", "warning", "owner-of-crm"), (finding.Text("system"), finding.Text("severity"), finding.Text("owner")));
        var evidence = finding.GetProperty("evidence");
        Assert.Equal((1, 1), (evidence.GetProperty("overdue").GetInt32(), evidence.GetProperty("objectiveSeconds").GetInt32()));
        Assert.Equal(1, await service.LeavesAsync(finding, "finding_raised"));

        await service.CureDeliveriesAsync();
        var closed = await service.FindingAsync("delivery_overdue", "system:crm", "closed");
        Assert.Equal(finding.Text("id"), closed.Text("id"));
        Assert.Equal(1, await service.LeavesAsync(finding, "finding_closed"));
        Assert.Equal(1, await service.LeavesAsync(finding, "finding_raised"));
    }

    /// <summary>Lesson 17: failure alerts were evaluated only when the next request arrived: the last failure told nobody.</summary>
    [Fact]
    public async Task The_last_failure_is_told_although_no_further_request_ever_comes()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("vendor", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());

        // Nobody asks the service anything: the database alone is watched.
        await Running.UntilAsync(async () => await service.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM optout.finding WHERE kind = 'delivery_overdue' AND about = 'system:vendor')"),
            "Nobody was told.");
    }

    [Fact]
    public async Task A_system_that_was_registered_and_never_heard_of_is_told_with_its_owner()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("tool", objective: 1);
        await service.RegisterAsync("young", objective: 3600);
        await service.StopEmailAsync(Stops.NewEmail());

        var finding = await service.FindingAsync("system_never_wired", "system:tool");

        Assert.Equal("owner-of-tool", finding.Text("owner"));
        Assert.DoesNotContain(await service.FindingsAsync("system_never_wired"), f => f.Text("about") == "system:young");
    }

    [Fact]
    public async Task A_system_that_spoke_once_and_owes_is_told_as_silent()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("mute", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());
        await service.RunAsync("UPDATE optout.system_status SET last_acknowledged_at = now() - interval '1 hour'");

        var finding = await service.FindingAsync("system_silent", "system:mute");
        Assert.True(finding.GetProperty("evidence").GetProperty("silentSeconds").GetInt64() >= 3600);

        await service.RunAsync("UPDATE optout.system_status SET last_acknowledged_at = now() + interval '1 minute'");
        await service.FindingAsync("system_silent", "system:mute", "closed");
    }

    [Fact]
    public async Task A_parked_a_gone_an_unroutable_and_a_forgotten_delivery_are_each_told()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 3600);
        await service.StopEmailAsync(Stops.NewEmail());
        await Running.UntilAsync(async () => await service.ScalarAsync<long>("SELECT count(*) FROM optout.attempt") > 0, "Never tried.");
        await service.RunAsync(
            """
            UPDATE optout.delivery SET state = 'parked', attempts = 900;
            UPDATE optout.open_delivery SET due_at = now() + interval '1 day';
            UPDATE optout.system_status SET breaker_opened_at = NULL, breaker_probe_at = NULL, failures = 0;
            INSERT INTO optout.attempt (delivery_id, number, started_at, ended_at, outcome, worker)
            SELECT delivery_id, 901, now(), now(), 'unroutable', 'test' FROM optout.delivery;
            INSERT INTO optout.attempt (delivery_id, number, started_at, ended_at, outcome, status_code, worker)
            SELECT delivery_id, 902, now(), now(), 'gone', 410, 'test' FROM optout.delivery;
            """);

        var parked = await service.FindingAsync("delivery_parked", "system:crm");
        Assert.Equal(1, parked.GetProperty("evidence").GetProperty("parked").GetInt32());
        await service.FindingAsync("delivery_unroutable", "system:crm");
        var gone = await service.FindingAsync("webhook_gone", "system:crm");
        Assert.Equal(410, gone.GetProperty("evidence").GetProperty("statusCode").GetInt32());
    }

    [Fact]
    public async Task What_is_due_and_not_tried_is_told_unless_a_pause_or_a_breaker_explains_it()
    {
        await using var service = await RunningService.StartAsync(servers);
        // A system of the broker's, and no broker: nobody makes the tries.
        await service.RegisterAsync("crm", objective: 3600);
        await service.RunAsync("""UPDATE optout.system SET channel = '{"type":"rabbitmq"}'""");
        await service.StopEmailAsync(Stops.NewEmail());
        await service.RunAsync("UPDATE optout.open_delivery SET due_at = now() - interval '5 minutes'");

        await service.FindingAsync("retry_not_made", "system:crm");
        await service.RunAsync("UPDATE optout.system SET state = 'paused'");
        await service.FindingAsync("retry_not_made", "system:crm", "closed");
    }

    [Fact]
    public async Task A_refusal_is_told_for_a_day_and_a_word_from_the_future_too()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 3600);
        await service.StopEmailAsync(Stops.NewEmail());
        await service.RunAsync(
            """
            INSERT INTO optout.acknowledgement (acknowledgement_id, delivery_id, system_id, outcome, applied_at, actions, source,
                message_id, body_hash, received_at, ledger_entry_id)
            SELECT optout.first_id_at(now() - interval '4 seconds'), delivery_id, system_id, 'refused', now() + interval '1 minute',
                '[]', 'http', 'm', sha256('x'), now(), gen_random_uuid() FROM optout.delivery
            """);

        var refused = await service.FindingAsync("system_refused", "system:crm");
        Assert.Equal(1, refused.GetProperty("evidence").GetProperty("count").GetInt32());
        var skewed = await service.FindingAsync("system_clock_skewed", "system:crm");
        Assert.InRange(skewed.GetProperty("evidence").GetProperty("aheadMs").GetInt64(), 50_000, 70_000);
        // It is read once, and is still one.
        await service.LookNowAsync("acknowledgements_read");
        Assert.Equal(1, (await service.FindingAsync("system_refused", "system:crm")).GetProperty("evidence").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_key_near_its_end_is_told_and_a_change_of_a_system_too()
    {
        await using var service = await RunningService.StartAsync(servers);
        var expires = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var key = await service.PostAsync("/v1/keys",
            $$"""{ "name": "shop till", "roles": ["recorder"], "expiresAt": "{{expires}}" }""", "bootstrap");
        await service.RegisterAsync("crm", objective: 3600);
        await service.PostAsync("/v1/systems/crm/pause", """{ "reason": "moving" }""", "bootstrap", ifMatch: "\"1\"");

        var finding = await service.FindingAsync("credential_expiring", "key:" + key.Id);
        Assert.Equal("shop till", finding.GetProperty("evidence").Text("name"));
        Assert.Equal("info", (await service.FindingAsync("system_changed", "system:crm")).Text("severity"));
    }

    [Fact]
    public async Task A_record_that_went_round_the_write_path_and_a_leaf_whose_record_is_gone_are_told()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.StopEmailAsync(Stops.NewEmail());
        await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        await service.TamperAsync("optout.opt_out_version",
            """
            DELETE FROM optout.opt_out_version WHERE opt_out_id = (SELECT min(opt_out_id::text)::uuid FROM optout.opt_out_version);
            INSERT INTO optout.opt_out_version SELECT (jsonb_populate_record(v, jsonb_build_object('opt_out_id', gen_random_uuid(),
                'subject_id', gen_random_uuid(), 'version', 3, 'ledger_entry_id', gen_random_uuid()))).* FROM optout.opt_out_version v
            """);

        await service.FindingAsync("record_without_leaf", "service");
        await service.FindingAsync("version_gap", "service");
        await service.FindingAsync("leaf_without_act", "service");
    }

    [Fact]
    public async Task Leaves_that_nobody_sequences_are_told()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:LedgerKeyFile=");
        await service.StopEmailAsync(Stops.NewEmail());

        await service.FindingAsync("ledger_leaf_waiting", "service");
    }

    [Fact]
    public async Task What_was_sent_after_the_stop_is_told_and_a_list_that_still_names_the_stopped_and_one_that_is_stale()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 3600);
        await service.StopEmailAsync(Stops.NewEmail());
        await service.RunAsync(
            """
            INSERT INTO optout.decision (decision_id, opt_out_id, version, purpose, channel, outcome, mode, at, effective_from,
                recorded_at, asked_by, ledger_entry_id, place)
            SELECT gen_random_uuid(), opt_out_id, version, purpose, 'email', 'sent', 'live', recorded_at + interval '1 hour',
                recorded_at, now(), 'key:0123456789abcdef', gen_random_uuid(), 0 FROM optout.opt_out_version;
            INSERT INTO optout.reconciliation (reconciliation_id, system_id, asked_by, complete, started_at, finished_at, lines,
                stopped, unreadable, reopened, list_digest, ledger_entry_id)
            SELECT gen_random_uuid(), system_id, 'key:0', true, now(), now(), 100, 3, 0, 3, sha256('x'), gen_random_uuid()
            FROM optout.system;
            UPDATE optout.system_status SET last_reconciled_at = now() - interval '9 days';
            """);

        var sent = await service.FindingAsync("sent_after_stop", "key:0123456789abcdef");
        Assert.Equal(3600, sent.GetProperty("evidence").GetProperty("longestAfterSeconds").GetInt64());
        var leaking = await service.FindingAsync("reconciliation_leaking", "system:crm");
        Assert.Equal(3, leaking.GetProperty("evidence").GetProperty("stillListed").GetInt32());
        await service.FindingAsync("reconciliation_stale", "system:crm");
    }

    [Fact]
    public async Task A_surge_is_told_with_the_breakdown_that_explains_it_and_synthetic_stops_are_none()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.StopEmailAsync(Stops.NewEmail());
        // Two quiet hours, then one minute with three hundred stops of one script.
        await service.RunAsync(
            """
            INSERT INTO optout.opt_out_minute (minute, purpose, origin_system, origin_method, reason_code, opt_outs)
            SELECT date_trunc('minute', now()) - n * interval '1 minute', 'marketing', 'web', 'page', 'user_request', 4 + n % 3
            FROM generate_series(20, 140) n;
            INSERT INTO optout.opt_out_version SELECT (jsonb_populate_record(v, jsonb_build_object('opt_out_id', gen_random_uuid(),
                'subject_id', gen_random_uuid(), 'ledger_entry_id', gen_random_uuid(), 'origin_system', 'script-7',
                'synthetic', n > 300, 'recorded_at', date_trunc('minute', now()) - interval '5 minutes'))).*
            FROM optout.opt_out_version v, generate_series(1, 900) n;
            UPDATE optout.rule_state SET watermark = NULL WHERE rule = 'opt_out_surge';
            """);

        var finding = await service.FindingAsync("opt_out_surge", "service");

        var evidence = finding.GetProperty("evidence");
        Assert.Equal(300, evidence.GetProperty("count").GetInt64());
        Assert.InRange(evidence.GetProperty("usual").GetDouble(), 0, 10);
        var source = evidence.GetProperty("breakdown").GetProperty("originSystem")[0];
        Assert.Equal(("script-7", 300), (source.Text("value"), source.GetProperty("count").GetInt32()));
    }

    [Fact]
    public async Task No_finding_holds_an_identifier_of_a_person()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync("marked.person@example.com");
        await service.FindingAsync("delivery_overdue", "system:crm");
        await service.FindingAsync("system_never_wired", "system:crm");

        var all = await service.ScalarAsync<string>("SELECT json_agg(f)::text FROM optout.finding f");
        Assert.DoesNotContain("marked", all, StringComparison.Ordinal);
        Assert.DoesNotContain("@", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_are_listed_newest_first_page_by_page_and_by_their_filters()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RunAsync(
            """
            INSERT INTO optout.finding (finding_id, kind, about, severity, owner, evidence, total, opened_at, seen_at)
            SELECT optout.first_id_at(now() - n * interval '1 second'), 'test_kind', 'thing:' || n, 'info', 'tests', '{}', 1, now(), now()
            FROM generate_series(1, 5) n
            """);
        List<string> seen = [];
        var path = "/v1/findings?kind=test_kind&limit=2";
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await service.GetAsync(path + (cursor.Length > 0 ? "&cursor=" + Uri.EscapeDataString(cursor) : ""), "reader")).Json;
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(f => f.Text("about")));
            cursor = page.GetProperty("nextCursor").ValueKind == JsonValueKind.Null ? null : page.Text("nextCursor");
        }

        Assert.Equal(["thing:1", "thing:2", "thing:3", "thing:4", "thing:5"], seen);
        Assert.Equal("invalid_parameter", (await service.GetAsync("/v1/findings?state=strange")).Code);
        Assert.Equal(403, (await service.GetAsync("/v1/findings", "recorder")).Status);
        Assert.Equal(404, (await service.GetAsync("/v1/findings/fnd_00000000000000000000000000000000")).Status);
    }

    [Fact]
    public async Task A_finding_is_taken_with_a_reason_and_silenced_for_long_only_by_two_people()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());
        var finding = await service.FindingAsync("delivery_overdue", "system:crm");
        var path = $"/v1/findings/{finding.Text("id")}";

        Assert.Equal(422, (await service.PostAsync($"{path}/acknowledge", """{ "reason": "" }""", "operator")).Status);
        Assert.Equal(403, (await service.PostAsync($"{path}/acknowledge", """{ "reason": "mine" }""", "auditor")).Status);
        var taken = await service.PostAsync($"{path}/acknowledge", """{ "reason": "restarting it" }""", "operator");
        Assert.Equal("acknowledged", taken.Json.Text("state"));
        Assert.Equal("restarting it", taken.Json.GetProperty("acknowledgement").Text("reason"));
        Assert.Equal(1, await service.LeavesAsync(finding, "finding_acknowledged"));

        var hour = await service.PostAsync($"{path}/silence", """{ "seconds": 3600, "reason": "until noon" }""", "operator");
        Assert.Equal("until noon", hour.Json.GetProperty("silence").Text("reason"));
        var week = await service.PostAsync($"{path}/silence", """{ "seconds": 604800, "reason": "until friday" }""", "operator");
        Assert.Equal(202, week.Status);
        var approval = $"/v1/approvals/{week.Json.Text("approvalId")}/approve";
        Assert.Equal("second_person_required", (await service.PostAsync(approval, "{}", "operator")).Code);
        Assert.Equal(200, (await service.PostAsync(approval, "{}", "operator+reader")).Status);
        Assert.Equal("until friday", (await service.GetAsync(path)).Json.GetProperty("silence").Text("reason"));
        Assert.Equal(2, await service.LeavesAsync(finding, "finding_silenced"));

        await service.CureDeliveriesAsync();
        await service.FindingAsync("delivery_overdue", "system:crm", "closed");
        Assert.Equal("finding_closed", (await service.PostAsync($"{path}/acknowledge", """{ "reason": "late" }""", "operator")).Code);
    }
}
