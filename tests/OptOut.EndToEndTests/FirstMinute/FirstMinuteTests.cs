using System.Diagnostics;
using System.Text.Json;
using OptOut.EndToEndTests.Embedded;

namespace OptOut.EndToEndTests.FirstMinute;

/// <summary>What a newcomer sees within a minute of cloning, and that it all goes when they have seen enough.</summary>
public sealed class FirstMinuteTests : ServerHome
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_demo_shows_three_systems_applied_and_one_overdue_the_READMEs_lines_hold_and_SIGTERM_ends_all()
    {
        using var demo = DemoProcess.Start(Home);
        await demo.UntilSaidAsync("Ctrl-C ends everything.", Cancellation);
        AssertTable(demo.Said);

        var (steps, statuses) = await ReadmeLines.RunAsync(demo.Url, demo.AdminKey, Cancellation);
        AssertReadme(steps, statuses);

        Assert.True(ServerProcesses.WorkingBelow(Home).Count >= 5, "Service, servers and systems should be at work.");
        await demo.EndAsync("TERM", wholeGroup: false, Cancellation);
        await AssertNothingLeftAsync(demo);
    }

    [Fact]
    public async Task Without_the_demo_no_system_is_there_and_Ctrl_C_ends_all()
    {
        using var service = DemoProcess.Start(Home, "--no-demo");
        await service.UntilSaidAsync("Ctrl-C ends it.", Cancellation);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", service.AdminKey);

        var systems = JsonDocument.Parse(await http.GetStringAsync(new Uri(service.Url + "/v1/systems"), Cancellation));

        Assert.Empty(systems.RootElement.GetProperty("data").EnumerateArray());
        Assert.DoesNotContain("crm", service.Said, StringComparison.Ordinal);
        await service.EndAsync("INT", wholeGroup: true, Cancellation);
        await AssertNothingLeftAsync(service);
    }

    [Fact]
    public async Task An_unknown_word_is_told_before_anything_is_built_or_started()
    {
        using var run = Process.Start(new ProcessStartInfo(Path.Combine(Checkout.Root, "run"), ["--nonsense"])
        {
            RedirectStandardError = true,
        })!;
        var told = await run.StandardError.ReadToEndAsync(Cancellation);
        await run.WaitForExitAsync(Cancellation);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("usage: ./run [--no-demo]", told, StringComparison.Ordinal);
    }

    /// <summary>The last table that was printed: the way of the first opt-out through four systems.</summary>
    private static void AssertTable(string said)
    {
        var rows = said[said.LastIndexOf("  SYSTEM ", StringComparison.Ordinal)..].Split('\n')
            .Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))
            .Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[0]);
        Assert.Equal(["analytics", "crm", "legacy-billing", "mailer"], rows.Keys.Order(StringComparer.Ordinal));
        foreach (var name in (string[])["analytics", "crm", "mailer"])
            Assert.Equal("applied", rows[name][2]);
        Assert.Equal("sent, OVERDUE", rows["legacy-billing"][2]);
        // The flaky one was called twice, and each says what it did.
        Assert.Equal("2", rows["mailer"][3]);
        Assert.Equal("suppressed contacts, suppressed suppression_list", rows["crm"][5]);
    }

    private static void AssertReadme(string[] steps, string[] statuses)
    {
        // A key, a stop, its propagation, (the repeat says 200 itself), a system, a link, a press.
        Assert.Equal(["201", "201", "200", "201", "201", "200"], statuses);
        Assert.Equal("200", steps[4]);

        using var propagation = JsonDocument.Parse(steps[3]);
        var systems = propagation.RootElement.GetProperty("systems").EnumerateArray()
            .ToDictionary(one => one.GetProperty("system").GetString()!, one => one.GetProperty("state").GetString());
        Assert.Equal(4, systems.Count);
        Assert.All((string[])["crm", "analytics"], name => Assert.Equal("applied", systems[name]));
        // Its second call is due five seconds after the first, give or take: as long as the line waits.
        Assert.Contains(systems["mailer"], (string[])["retrying", "applied"]);
        Assert.Equal("sent", systems["legacy-billing"]);

        using var registered = JsonDocument.Parse(steps[5]);
        Assert.Equal("newsletter", registered.RootElement.GetProperty("system").GetProperty("name").GetString());
        Assert.StartsWith("whsec_", registered.RootElement.GetProperty("secret").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("oo_", registered.RootElement.GetProperty("apiKey").GetString(), StringComparison.Ordinal);

        Assert.Equal("Your opt-out is recorded.", steps[6]);
        Assert.Matches(@"\AKEY=oo_\S{60}\nID=oo_[0-9a-f]{32}\nLINK=http://127\.0\.0\.1:\d+/o/\S+\z", steps[7]);
    }

    private async Task AssertNothingLeftAsync(DemoProcess demo)
    {
        Assert.True(demo.ExitCode == 0, $"It ended with {demo.ExitCode}:\n{demo.Said}");
        Assert.True(
            await ServerProcesses.GoneAsync(Home, EndPatience, Cancellation),
            $"Still at work: {string.Join(' ', ServerProcesses.WorkingBelow(Home))}");
    }
}
