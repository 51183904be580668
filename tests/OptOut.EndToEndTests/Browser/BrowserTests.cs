using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using OptOut.EndToEndTests.Crashes;

namespace OptOut.EndToEndTests.Browser;

/// <summary>What people see, in a real browser on the built service.</summary>
public sealed class BrowserTests(CrashRig rig) : IClassFixture<CrashRig>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("en", "Opt out now", "Your opt-out is recorded")]
    [InlineData("de", "Jetzt widersprechen", "Ihr Widerspruch ist gespeichert")]
    public async Task One_press_without_any_script_records_the_stop(string language, string button, string recorded)
    {
        await using var service = await rig.StartAsync();
        var token = await TokenAsync(service, $"{language}@example.com");
        await using var browser = await ChromiumBrowser.StartAsync();
        await using var context = await browser.Chromium.NewContextAsync(new BrowserNewContextOptions
        {
            JavaScriptEnabled = false, Locale = language, ViewportSize = new ViewportSize { Width = 390, Height = 844 },
        });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(service.Http.BaseAddress!, $"/o/{token}").ToString());
        var before = await VersionsAsync();
        await ShootAsync(page, $"ask-{language}");

        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = button }).ClickAsync();

        var heading = page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = recorded });
        await heading.WaitForAsync();
        await ShootAsync(page, $"recorded-{language}");
        Assert.Equal(language, await page.Locator("html").GetAttributeAsync("lang"));
        Assert.Equal(before + 1, await VersionsAsync());
        Assert.Equal("opted_out", await rig.ScalarAsync<string>(
            "SELECT state FROM optout.opt_out_version ORDER BY recorded_at DESC LIMIT 1"));
    }

    [Fact]
    public async Task The_documentation_is_drawn_under_its_policy_without_a_complaint()
    {
        await using var service = await rig.StartAsync();
        var key = await KeyAsync(service, "reader");
        await using var browser = await ChromiumBrowser.StartAsync();
        await using var context = await browser.Chromium.NewContextAsync(new BrowserNewContextOptions
        {
            ExtraHTTPHeaders = [new("Authorization", $"Bearer {key}")],
        });
        var page = await context.NewPageAsync();
        List<string> complaints = [];
        page.Console += (_, said) =>
        {
            if (said.Type is "error" or "warning") complaints.Add(said.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);

        await page.GotoAsync(new Uri(service.Http.BaseAddress!, "/swagger/index.html").ToString());
        await page.Locator(".opblock").First.WaitForAsync();

        Assert.True(await page.Locator(".opblock").CountAsync() >= 35);
        await ShootAsync(page, "documentation");
        Assert.Empty(complaints);
    }

    private Task<long> VersionsAsync() => rig.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version");

    // Beside the tests' own files, for a person to look at.
    private static Task<byte[]> ShootAsync(IPage page, string name) => page.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = Path.Combine(AppContext.BaseDirectory, "screenshots", name + ".png"),
    });

    private static async Task<string> KeyAsync(ServiceProcess service, string role)
    {
        using var made = await service.Http.PostAsJsonAsync("/v1/keys", new { name = role, roles = (string[])[role] }, Cancellation);
        made.EnsureSuccessStatusCode();
        return (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("key").GetString()!;
    }

    private static async Task<string> TokenAsync(ServiceProcess service, string email)
    {
        using var made = await service.Http.PostAsJsonAsync("/v1/links", new
        {
            subject = new { identifiers = (object[])[new { type = "email", value = email }] },
            scope = new { purpose = "marketing", channel = "email" }, action = "stop",
        }, Cancellation);
        made.EnsureSuccessStatusCode();
        return (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("token").GetString()!;
    }
}
