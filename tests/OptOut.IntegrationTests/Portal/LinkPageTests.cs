using System.Net;

namespace OptOut.IntegrationTests.Portal;

[Collection(PortalCollection.Name)]
public sealed class LinkPageTests(PortalService service)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Of 497 unsubscribes 489 were mail scanners that followed the link.</summary>
    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task A_GET_never_changes_state(string method)
    {
        var token = await service.TokenAsync("scanner@example.com");
        var before = await service.EvidenceAsync();
        for (var i = 0; i < 5; i++)
        {
            using var answer = await service.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/o/" + token));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(before, await service.EvidenceAsync());
        Assert.Empty(await service.OptOutsAsync("email", "scanner@example.com"));
    }

    [Fact]
    public async Task The_page_works_without_a_script_and_allows_nothing_but_its_style_and_its_form()
    {
        using var answer = await service.GetAsync("/o/" + await service.TokenAsync("page@example.com"));

        var page = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains(
            """<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">""", page,
                StringComparison.Ordinal);
        Assert.Contains("Marketing", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("page@example.com", page, StringComparison.Ordinal);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.Contains("form-action 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.StartsWith("noindex", Assert.Single(answer.Headers.GetValues("X-Robots-Tag")), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task The_page_speaks_the_readers_language()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get,
            "/o/" + await service.TokenAsync("sprache@example.com"));
        request.Headers.Add("Accept-Language", "it, de-AT;q=0.9, en;q=0.5");

        using var answer = await service.SendAsync(request);

        Assert.Equal("de", Assert.Single(answer.Content.Headers.ContentLanguage));
        Assert.Contains("Jetzt widersprechen", await answer.Content.ReadAsStringAsync(Cancellation),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_purposes_name_is_text_on_the_page_and_never_markup()
    {
        await service.SqlAsync(
            """
            INSERT INTO optout.purpose (name, parent, display_name)
            VALUES ('portal_markup', 'all', '<script>alert(1)</script> & "more"') ON CONFLICT DO NOTHING
            """);
        var link = await service.LinkAsync("markup@example.com", purpose: "portal_markup");
        // The press makes the service read the purposes again.
        var token = link.GetProperty("token").GetString()!;
        (await service.PressAsync(token)).Dispose();

        using var answer = await service.GetAsync("/o/" + token);

        var page = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_link_shows_a_plain_page_and_no_form()
    {
        using var answer = await service.GetAsync("/o/" + new string('A', 90));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("<form", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }
}
