using OptOut.Service.Portal.Pages;
using OptOut.Service.Purposes;

namespace OptOut.Service.Portal.OneClick;

/// <summary>
/// <c>GET /o/{token}</c>: says what would stop and offers the button. It writes nothing: mail scanners follow links.
/// </summary>
internal static class GetLink
{
    public static async Task<IResult> HandleAsync(
        HttpContext http, string token, LinkReader links, PurposeDirectory purposes)
    {
        var texts = PageTexts.For(http);
        if (!links.TryRead(token, out var target))
            return PortalPage.Unknown(texts);

        // What is in memory is good enough for a name; a purpose made since then is shown by its own.
        var tree = await purposes.AtAsync(revision: 0, http.RequestAborted);
        var name = tree.ByName.TryGetValue(target.Scope.Purpose, out var purpose)
            ? purpose.DisplayName
            : target.Scope.Purpose;
        return PortalPage.Ask(texts, name, target.Scope.Channel);
    }
}
