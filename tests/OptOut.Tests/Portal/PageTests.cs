using System.Text.RegularExpressions;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OptOut.Service.Portal.Pages;
using OptOut.Service.Purposes;

namespace OptOut.Tests.Portal;

public sealed class PageTests
{
    [Theory]
    [InlineData(null, "en")]
    [InlineData("", "en")]
    [InlineData("de", "de")]
    [InlineData("DE-at", "de")]
    [InlineData("fr-CA, en;q=0.8", "fr")]
    [InlineData("en;q=0.5, es;q=0.9", "es")]
    [InlineData("ja, zh;q=0.9", "en")]
    [InlineData("de;q=0, fr;q=0.1", "fr")]
    [InlineData("*", "en")]
    [InlineData(";;;garbage===", "en")]
    [InlineData("den", "en")]
    public void The_language_is_the_readers_where_we_speak_it(string? header, string language) =>
        Assert.Equal(language, PageTexts.For(header is null ? [] : [header]).Language);

    [Fact]
    public void Every_language_has_every_word_and_every_channel()
    {
        foreach (var texts in PageLanguages.All)
        {
            Assert.Equal(Channels.All.Order(), texts.Channels.Keys.Order());
            Assert.All(typeof(PageTexts).GetProperties().Where(property => property.PropertyType == typeof(string)),
                property => Assert.NotEmpty((string)property.GetValue(texts)!));
        }
    }

    [Fact]
    public async Task The_policy_allows_exactly_the_style_that_the_page_has()
    {
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        http.Response.Body = body;

        await PortalPage.Ask(PageLanguages.English, "Marketing", "email").ExecuteAsync(http);

        var page = Encoding.UTF8.GetString(body.ToArray());
        var style = Regex.Match(page, "<style>(.*)</style>", RegexOptions.Singleline).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Contains($"style-src 'sha256-{hash}'",
            http.Response.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.Contains("by e-mail", page, StringComparison.Ordinal);
    }
}
