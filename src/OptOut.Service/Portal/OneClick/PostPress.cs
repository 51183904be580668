using OptOut.Service.Platform.Http;
using OptOut.Service.Portal.Pages;

namespace OptOut.Service.Portal.OneClick;

/// <summary>
/// <c>POST /o/{token}</c>: one click stops. The first, the repeated and the already-stopped press get the same answer,
/// never a redirect, and nothing is refused for rate.
/// </summary>
internal static class PostPress
{
    public const string MailClient = "one_click";
    public const string PageForm = "link";

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);

    public static async Task<IResult> HandleAsync(
        HttpContext http, string token, LinkReader links, PressRecorder recorder, PressPace pace)
    {
        var wantsPage = PressForm.WantsPage(http.Request);
        if (await PressForm.ReadAsync(http) is { } problem)
            return problem;

        var started = pace.Start();
        if (!links.TryRead(token, out var target))
        {
            await pace.CatchUpAsync(started, http.RequestAborted);
            return wantsPage ? PortalPage.Unknown(PageTexts.For(http)) : ProblemKinds.NotFound.With();
        }

        if (!await recorder.RecordAsync(target, wantsPage ? PageForm : MailClient, http.RequestAborted))
            return Later(http, wantsPage);
        pace.Passed(started);
        return wantsPage ? PortalPage.Recorded(PageTexts.For(http)) : PortalPage.RecordedText;
    }

    private static IResult Later(HttpContext http, bool wantsPage)
    {
        if (!wantsPage)
            return new Problem(ProblemKinds.StorageUnavailable, RetryAfter: RetrySoon);
        http.Response.Headers.RetryAfter = "5";
        return PortalPage.Later(PageTexts.For(http));
    }
}
