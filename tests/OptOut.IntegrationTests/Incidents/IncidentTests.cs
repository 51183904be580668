using System.Text.Json;
using OptOut.IntegrationTests.Audit;
using OptOut.IntegrationTests.Audit.Findings;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Incidents;

public sealed class IncidentTests(Servers servers)
{
    private const string Locked = """{ "title": "CRM does not apply stops", "severity": "critical", "integrityLock": true }""";

    [Fact]
    public async Task An_incident_is_opened_shows_what_happened_and_is_closed_with_a_summary()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());
        var finding = await service.FindingAsync("delivery_overdue", "system:crm");

        var opened = await service.PostAsync("/v1/incidents", Locked, "operator");

        Assert.Equal((201, "open"), (opened.Status, opened.Json.Text("state")));
        Assert.Equal("/v1/incidents/" + opened.Id, opened.Header("Location"));
        await service.PostAsync($"/v1/findings/{finding.Text("id")}/acknowledge", """{ "reason": "on it" }""", "operator");
        var timeline = (await service.GetAsync("/v1/incidents/" + opened.Id)).Json.GetProperty("timeline").EnumerateArray().ToArray();
        Assert.Contains(timeline, e => e.Text("type") == "finding_opened" && e.Text("reference") == finding.Text("id"));
        Assert.Contains(timeline, e => e.Text("type") == "system_registered" && e.Text("about") == "crm");
        Assert.Contains(timeline, e => e.Text("type") == "finding_acknowledged");
        Assert.DoesNotContain(timeline, e => e.Text("type") == "recorded");

        Assert.Equal(422, (await service.PostAsync($"/v1/incidents/{opened.Id}/close", """{ "summary": " " }""", "operator")).Status);
        var closed = await service.PostAsync($"/v1/incidents/{opened.Id}/close", """{ "summary": "Restarted.\nNothing was lost." }""", "operator");
        Assert.Equal(("closed", "Restarted.\nNothing was lost."), (closed.Json.Text("state"), closed.Json.Text("summary")));
        Assert.Equal("incident_closed", (await service.PostAsync($"/v1/incidents/{opened.Id}/close", """{ "summary": "again" }""", "operator")).Code);
        Assert.Single((await service.GetAsync("/v1/incidents")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(2L, await service.ScalarAsync<long>(
            "SELECT count(*) FROM ledger.leaf WHERE convert_from(leaf, 'UTF8')::jsonb ->> 'kind' LIKE 'incident_%'"));
    }

    [Fact]
    public async Task Under_the_lock_a_reversal_a_pause_and_a_silence_need_two_people_and_a_stop_needs_nobody()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.RegisterAsync("crm", objective: 1);
        var email = Stops.NewEmail();
        var stop = await service.StopEmailAsync(email);
        var finding = await service.FindingAsync("delivery_overdue", "system:crm");
        await service.PostAsync("/v1/incidents", Locked, "operator");

        var token = await service.TokenAsync(Stops.Email(email));
        var reversal = await service.ReverseAsync(stop.Id, token, 1);
        Assert.Equal(202, reversal.Status);
        Assert.Equal(1, (await service.GetAsync("/v1/opt-outs/" + stop.Id)).Version());
        Assert.Equal(200, (await service.PostAsync($"/v1/approvals/{reversal.Json.Text("approvalId")}/approve", "{}", "operator")).Status);
        Assert.Equal("opted_in", (await service.GetAsync("/v1/opt-outs/" + stop.Id)).Json.Text("state"));

        var pause = await service.PostAsync("/v1/systems/crm/pause", """{ "reason": "quiet" }""", "operator", ifMatch: "\"1\"");
        Assert.Equal(202, pause.Status);
        var approval = $"/v1/approvals/{pause.Json.Text("approvalId")}/approve";
        Assert.Equal("second_person_required", (await service.PostAsync(approval, "{}", "operator")).Code);
        Assert.Equal(200, (await service.PostAsync(approval, "{}", "operator+reader")).Status);
        Assert.Equal("paused", (await service.GetAsync("/v1/systems/crm")).Json.Text("state"));

        Assert.Equal(202, (await service.PostAsync(
            $"/v1/findings/{finding.Text("id")}/silence", """{ "seconds": 60, "reason": "noise" }""", "operator")).Status);
        Assert.Equal(201, (await service.StopEmailAsync(Stops.NewEmail())).Status);
    }

    [Fact]
    public async Task A_spent_token_lifts_nothing_however_many_people_approve()
    {
        await using var service = await RunningService.StartAsync(servers);
        var email = Stops.NewEmail();
        var stop = await service.StopEmailAsync(email);
        await service.PostAsync("/v1/incidents", Locked, "operator");
        var reversal = await service.ReverseAsync(stop.Id, await service.TokenAsync(Stops.Email(email)), 1);
        await service.RunAsync("UPDATE optout.reversal_token SET expires_at = now() - interval '1 second'");

        var approved = await service.PostAsync($"/v1/approvals/{reversal.Json.Text("approvalId")}/approve", "{}", "operator");

        Assert.Equal("evidence_invalid", approved.Code);
        Assert.Equal("opted_out", (await service.GetAsync("/v1/opt-outs/" + stop.Id)).Json.Text("state"));
    }

    [Fact]
    public async Task Evidence_in_doubt_opens_an_incident_with_a_lock_by_itself_and_once()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        await service.TamperAsync("optout.opt_out_version", "DELETE FROM optout.opt_out_version");
        await service.FindingAsync("leaf_without_act", "service");

        JsonElement[] incidents = [];
        await Running.UntilAsync(async () =>
        {
            incidents = [.. (await service.GetAsync("/v1/incidents")).Json.GetProperty("data").EnumerateArray()];
            return incidents.Length > 0;
        }, "No incident was opened.");
        var incident = Assert.Single(incidents);
        Assert.True(incident.GetProperty("integrityLock").GetBoolean());
        Assert.Equal("svc:audit", incident.Text("openedBy"));
    }

    [Fact]
    public async Task An_open_incident_makes_the_clock_look_more_often()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.PostAsync("/v1/incidents", """{ "title": "Something" }""", "operator");
        await Running.UntilAsync(async () => await service.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM optout.rule_state WHERE rule = 'clock_skewed' AND finished_at IS NOT NULL)"), "Never looked.");
        var first = await service.ScalarAsync<DateTime>("SELECT finished_at FROM optout.rule_state WHERE rule = 'clock_skewed'");

        // Its interval is fifteen seconds, a quarter of it under an incident.
        await Running.UntilAsync(async () => await service.ScalarAsync<DateTime>(
            "SELECT finished_at FROM optout.rule_state WHERE rule = 'clock_skewed'") > first, "It did not look again.", TimeSpan.FromSeconds(8));
    }
}
