using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;

namespace OptOut.Service.Portal.Links;

/// <summary>Makes what a person holds: a link that stops one scope for ever, or a token that lifts it once.</summary>
internal sealed class LinkMaker(LinkToken links, PublicAddress address, ReversalTokens reversals)
{
    private const string OneClick = "List-Unsubscribe=One-Click";

    /// <summary>
    /// Stateless: the same person and scope give the same link until the key rotates; the old one works on.
    /// </summary>
    public LinkView Stop(Guid subjectId, Scope scope)
    {
        if (!Channels.TryGetByte(scope.Channel, out var channel))
            throw new ArgumentException("An unknown channel.", nameof(scope));
        var token = links.Create(new LinkPayload(subjectId, channel, scope.Purpose));
        var url = address.UrlOf("/o/" + token);
        return new LinkView(url, token, null, $"<{url}>", OneClick);
    }

    public async Task<LinkView> ReversalAsync(
        Guid subjectId, Scope scope, string actor, CancellationToken cancellationToken)
    {
        var issued = await reversals.IssueAsync(subjectId, scope, actor, cancellationToken);
        return new LinkView(null, issued.Text, issued.ExpiresAt, null, null);
    }
}
