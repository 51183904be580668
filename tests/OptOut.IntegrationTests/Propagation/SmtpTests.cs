using System.Text;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>Vendors that only read mail.</summary>
public sealed class SmtpTests(SmtpService fixture) : IClassFixture<SmtpService>
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task A_message_is_sent_and_only_a_persons_confirmation_applies_it()
    {
        var (purpose, system, address) = await RegisterAsync();
        var email = Running.NewEmail();

        var record = await Service.StopAsync(purpose, email);
        var mail = await MailToAsync(address);

        await Service.StateAsync(record.Id(), system, "sent");
        Assert.Contains($"email (plain): {email}", mail.Text, StringComparison.Ordinal);
        Assert.Equal("optout@example.org", mail.From);
        // Scanners follow links: nothing comes of it.
        for (var i = 0; i < 3; i++)
        {
            var (status, page) = await VisitAsync(HttpMethod.Get, mail.Link);
            Assert.Equal(200, status);
            Assert.Contains("method=\"post\"", page, StringComparison.Ordinal);
            Assert.DoesNotContain(email, page, StringComparison.Ordinal);
            Assert.Equal(200, (await VisitAsync(HttpMethod.Head, mail.Link)).Status);
        }

        await Service.StateAsync(record.Id(), system, "sent");
        Assert.Equal("pending", (await Service.PropagationAsync(record.Id())).Text("state"));

        Assert.Equal(400, (await VisitAsync(HttpMethod.Post, mail.Link, "outcome=perhaps")).Status);
        Assert.Equal(400, (await VisitAsync(HttpMethod.Post, mail.Link, "")).Status);
        Assert.Equal(200, (await VisitAsync(HttpMethod.Post, mail.Link, "outcome=applied")).Status);
        var applied = await Service.StateAsync(record.Id(), system, "applied");
        Assert.Equal("confirmation_link", applied.GetProperty("acknowledgement").Text("source"));
        // A second press changes nothing and says so.
        Assert.Contains("answered already", (await VisitAsync(HttpMethod.Post, mail.Link, "outcome=refused")).Page, StringComparison.Ordinal);
        await Service.StateAsync(record.Id(), system, "applied");
    }

    [Theory]
    [InlineData("no_match", "no_match", "complete")]
    [InlineData("refused", "refused", "failed")]
    public async Task Each_answer_closes_the_delivery_as_it_says(string answer, string state, string rollUp)
    {
        var (purpose, system, address) = await RegisterAsync();
        var record = await Service.StopAsync(purpose);
        var mail = await MailToAsync(address);

        await VisitAsync(HttpMethod.Post, mail.Link, "outcome=" + answer);

        await Service.StateAsync(record.Id(), system, state);
        Assert.Equal(rollUp, (await Service.PropagationAsync(record.Id())).Text("state"));
    }

    [Fact]
    public async Task A_changed_cut_or_invented_link_confirms_nothing()
    {
        var (purpose, system, address) = await RegisterAsync();
        var record = await Service.StopAsync(purpose);
        var link = (await MailToAsync(address)).Link;
        var last = link[^1] == 'A' ? 'B' : 'A';

        foreach (var forged in (string[])[link[..^1] + last, link[..^4], link + "A", "/c/" + new string('A', 84), "/c/x", link[..3] + "B" + link[4..]])
        {
            Assert.Equal(404, (await VisitAsync(HttpMethod.Get, forged)).Status);
            Assert.Equal(404, (await VisitAsync(HttpMethod.Post, forged, "outcome=applied")).Status);
        }

        await Service.StateAsync(record.Id(), system, "sent");
    }

    [Fact]
    public async Task A_link_about_an_older_version_confirms_nothing_of_the_newer()
    {
        var (purpose, system, address) = await RegisterAsync();
        var email = Running.NewEmail();
        var record = await Service.StopAsync(purpose, email);
        var first = await MailToAsync(address);
        await Service.ReverseAsync(record, purpose, email);
        var second = await MailToAsync(address);
        Assert.Contains("Opt-out lifted", second.Header("Subject"), StringComparison.Ordinal);

        Assert.Contains("a newer one has replaced it", (await VisitAsync(HttpMethod.Post, first.Link, "outcome=applied")).Page, StringComparison.Ordinal);

        await Service.StateAsync(record.Id(), system, "sent");
        await VisitAsync(HttpMethod.Post, second.Link, "outcome=applied");
        await Service.StateAsync(record.Id(), system, "applied");
    }

    [Fact]
    public async Task Headers_hold_opaque_ids_and_a_reminder_carries_the_same_one()
    {
        var (purpose, system, address) = await RegisterAsync("user_id:plain");
        var (status, record) = await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs",
            Running.Stop(purpose, ("user_id", "ada.lovelace-42"), ("email", Running.NewEmail())));
        Assert.Equal(201, status);
        var first = await MailToAsync(address);
        var delivery = await Service.StateAsync(record.Id(), system, "sent");
        await Service.DoAsync(HttpMethod.Post, $"/v1/deliveries/{delivery.Text("deliveryId")}/resend");
        var second = await MailToAsync(address);

        Assert.All([first, second], mail => Assert.Equal(delivery.Text("deliveryId"), mail.Header("OptOut-Delivery")));
        Assert.NotEqual(first.Header("Message-ID"), second.Header("Message-ID"));
        Assert.DoesNotContain("ada.lovelace", first.Headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("user_id (plain): ada.lovelace-42", first.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("email", first.Text, StringComparison.Ordinal);
        // The next reminder waits for a day.
        var next = (await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("attempts").GetInt32() == 2, "no second"))
            .GetProperty("nextAttemptAt").GetDateTimeOffset();
        Assert.InRange(next - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(19), TimeSpan.FromHours(60));
    }

    [Fact]
    public async Task A_mailbox_that_does_not_exist_and_a_server_that_is_away_leave_the_delivery_open()
    {
        var (purpose, system, _) = await RegisterAsync(address: "unknown@vendor.example");
        var record = await Service.StopAsync(purpose);
        var delivery = await Service.DeliveryOfAsync(record.Id(), system, one => one.Text("state") == "retrying", "never retrying");
        var attempt = (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory")[0];
        Assert.Equal(("bad_status", 550), (attempt.Text("outcome"), attempt.GetProperty("statusCode").GetInt32()));
    }

    [Theory]
    [InlineData("privacy@vendor.example\r\nBcc: everyone@example.com")]
    [InlineData("privacy@vendor.example\nSubject: x")]
    [InlineData("\"a b\"@vendor.example")]
    [InlineData("Vendor <privacy@vendor.example>")]
    [InlineData("privacy@vendor.example, other@vendor.example")]
    [InlineData("privacy@[127.0.0.1]")]
    [InlineData("privacy")]
    public async Task An_address_that_is_more_than_an_address_is_refused(string address)
    {
        var (status, problem) = await Service.DoAsync(HttpMethod.Put, "/v1/systems/mailed",
            Running.Definition(await Service.PurposeAsync(), new { type = "smtp", address }));

        Assert.Equal((422, "address_invalid"), (status, problem.GetProperty("errors")[0].Text("code")));
    }

    [Fact]
    public async Task Without_a_mail_server_such_a_system_is_refused()
    {
        await using var without = await Running.StartAsync(fixture.Servers, broker: null);
        var (status, problem) = await without.DoAsync(HttpMethod.Put, "/v1/systems/mailed",
            Running.Definition("marketing", new { type = "smtp", address = "privacy@vendor.example" }));
        Assert.Equal((422, "mail_not_configured"), (status, problem.GetProperty("errors")[0].Text("code")));
    }

    private async Task<(string Purpose, Downstream System, string Address)> RegisterAsync(
        string identifier = "email:plain", string? address = null)
    {
        var purpose = await Service.PurposeAsync();
        address ??= $"v{Guid.CreateVersion7():N}@vendor.example";
        return (purpose, await Service.RegisterOnAsync(purpose, new { type = "smtp", address }, 60, identifier), address);
    }

    private async Task<CaughtMail> MailToAsync(string address)
    {
        var taken = fixture.Taken.GetOrAdd(address, _ => 0);
        CaughtMail[] mine = [];
        await Running.UntilAsync(() =>
        {
            mine = [.. fixture.Catcher.Mails.Where(mail => mail.To.Contains(address))];
            return Task.FromResult(mine.Length > taken);
        }, "No mail came.");
        fixture.Taken[address] = taken + 1;
        return mine[taken];
    }

    private async Task<(int Status, string Page)> VisitAsync(HttpMethod method, string path, string? form = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Service.Http.BaseAddress!, path));
        if (form is not null)
            request.Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        using var client = new HttpClient();
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}

/// <summary>A service with a mail server. It needs no broker.</summary>
public sealed class SmtpService(Servers servers) : IAsyncLifetime
{
    internal Running Service { get; private set; } = null!;

    internal MailCatcher Catcher { get; private set; } = null!;

    internal Servers Servers => servers;

    internal System.Collections.Concurrent.ConcurrentDictionary<string, int> Taken { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Catcher = await MailCatcher.StartAsync();
        Service = await Running.StartAsync(servers, broker: null, settings:
        [
            "--OptOut:Smtp:Host=127.0.0.1", $"--OptOut:Smtp:Port={Catcher.Port}", "--OptOut:Smtp:From=optout@example.org",
            "--OptOut:Smtp:Tls=false",
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Catcher.Dispose();
    }
}
