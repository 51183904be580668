using System.Net;
using System.Security.Cryptography;
using System.Text;
using OptOut.Service.Portal.OneClick;

namespace OptOut.Service.Portal.Pages;

/// <summary>
/// A page for the person: plain HTML without a script, readable on a phone and by a screen reader. Its policy allows
/// this one style sheet and a form to this origin, and nothing else.
/// </summary>
internal sealed class PortalPage(int status, PageTexts texts, string html) : IResult
{
    internal const string Style =
        """
        :root{color-scheme:light dark}
        body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f4f5f7;color:#1b1f24;
        font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{box-sizing:border-box;width:min(30rem,100% - 2rem);margin:1rem;padding:2rem;background:#fff;
        border-radius:.75rem;box-shadow:0 1px 3px #0003}
        h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
        p{margin:0 0 1rem}
        .scope{font-weight:600;overflow-wrap:anywhere}
        .note{margin:1rem 0 0;font-size:.9375rem;color:#57606a}
        button{width:100%;min-height:3rem;padding:.75rem 1rem;border:0;border-radius:.5rem;background:#0b57d0;
        color:#fff;font:inherit;font-weight:600;cursor:pointer}
        button:hover{background:#0a4cb5}
        button:focus-visible{outline:3px solid #0b57d0;outline-offset:3px}
        @media(prefers-color-scheme:dark){body{background:#14171a;color:#e6e8ea}main{background:#1e2226}
        .note{color:#a5adb6}button{background:#8ab4f8;color:#10223d}button:hover{background:#a6c6fa}
        button:focus-visible{outline-color:#8ab4f8}}
        """;

    /// <summary>The answer to a mail client.</summary>
    public static readonly IResult RecordedText =
        TypedResults.Text("Your opt-out is recorded.\n", "text/plain", Encoding.UTF8);

    internal static readonly string Policy =
        $"default-src 'none'; "
        + $"style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    // Without an action the form goes to the page's own address, so the token is not repeated in the markup.
    private const string Form =
        $"""<form method="post"><input type="hidden" name="{PressForm.Name}" value="{PressForm.Value}">""" + ButtonTag;

    private const string ButtonTag = "<button type=\"submit\">";

    /// <summary>What would stop, and the button.</summary>
    public static PortalPage Ask(PageTexts texts, string purpose, string channel) => Page(
        StatusCodes.Status200OK, texts, texts.AskTitle,
        $"<p>{Encode(texts.AskLead)}</p><p class=\"scope\"><bdi>{Encode(purpose)}</bdi> – "
        + $"{Encode(texts.Channels.GetValueOrDefault(channel, channel))}</p>"
        + $"{Form}{Encode(texts.Button)}</button></form><p class=\"note\">{Encode(texts.AskNote)}</p>");

    /// <summary>The same for the first press and for every later one.</summary>
    public static PortalPage Recorded(PageTexts texts) => Page(
        StatusCodes.Status200OK, texts, texts.RecordedTitle, $"<p role=\"status\">{Encode(texts.RecordedLead)}</p>");

    public static PortalPage Unknown(PageTexts texts) => Page(
        StatusCodes.Status404NotFound, texts, texts.UnknownTitle, $"<p>{Encode(texts.UnknownLead)}</p>");

    /// <summary>Our fault: the button again.</summary>
    public static PortalPage Later(PageTexts texts) => Page(
        StatusCodes.Status503ServiceUnavailable, texts, texts.LaterTitle,
        $"<p role=\"alert\">{Encode(texts.LaterLead)}</p>{Form}{Encode(texts.Button)}</button></form>");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var bytes = Encoding.UTF8.GetBytes(html);
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.ContentLanguage = texts.Language;
        headers.Vary = "Accept, Accept-Language";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex, nofollow";
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
    }

    private static PortalPage Page(int status, PageTexts texts, string title, string content) => new(status, texts,
        $"""
        <!doctype html>
        <html lang="{texts.Language}"><head><meta charset="utf-8"><title>{Encode(title)}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex, nofollow">
        <style>{Style}</style></head>
        <body><main><h1>{Encode(title)}</h1>{content}</main></body></html>

        """);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
