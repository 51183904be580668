using System.Net;
using System.Text;
using OptOut.Service.Portal.Pages;

namespace OptOut.Service.Portal.Confirmations;

/// <summary>The page of a confirmation link, in English: plain HTML without a script, under the policy of the other pages.</summary>
internal sealed class ConfirmationPage(int status, string title, string content) : IResult
{
    public const string OutcomeField = "outcome";

    /// <summary>What can be said, by the word that the form sends.</summary>
    public static readonly IReadOnlyList<(string Word, string Text)> Choices =
    [
        ("applied", "Done: the person's data is not used for this any more."),
        ("no_match", "Nothing to do: we hold nothing about this person."),
        ("refused", "We will not do it. Somebody will call you."),
    ];

    public static ConfirmationPage Ask(string system, string deliveryId, int version) => new(StatusCodes.Status200OK,
        "What was done?",
        $"<p>Request <span class=\"scope\">{Encode(deliveryId)}</span>, version {version}, to {Encode(system)}.</p>"
        + "<form method=\"post\">"
        + string.Concat(Choices.Select(choice =>
            $"<p><label><input type=\"radio\" name=\"{OutcomeField}\" value=\"{choice.Word}\" required> {Encode(choice.Text)}</label></p>"))
        + "<button type=\"submit\">Confirm</button></form>"
        + "<p class=\"note\">Nothing is recorded before you press the button.</p>");

    public static ConfirmationPage Recorded { get; } = new(StatusCodes.Status200OK, "Thank you",
        "<p role=\"status\">Your answer is recorded.</p>");

    public static ConfirmationPage Closed { get; } = new(StatusCodes.Status200OK, "Nothing left to say",
        "<p>This request is answered already, or a newer one has replaced it.</p>");

    public static ConfirmationPage Unknown { get; } = new(StatusCodes.Status404NotFound, "Unknown link",
        "<p>This link is not one of ours, or it was cut off. Copy it whole from the message.</p>");

    public static ConfirmationPage Unreadable { get; } = new(StatusCodes.Status400BadRequest, "Please choose",
        "<p role=\"alert\">Go back and choose one of the answers.</p>");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var bytes = Encoding.UTF8.GetBytes(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>{Encode(title)}</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex, nofollow">
            <style>{PortalPage.Style}</style></head>
            <body><main><h1>{Encode(title)}</h1>{content}</main></body></html>

            """);
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        var headers = response.Headers;
        headers.ContentSecurityPolicy = PortalPage.Policy;
        headers.ContentLanguage = "en";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex, nofollow";
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
