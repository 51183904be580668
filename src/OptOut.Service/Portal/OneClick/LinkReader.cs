using System.Diagnostics.CodeAnalysis;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;

namespace OptOut.Service.Portal.OneClick;

/// <summary>What a link stops, read from its token.</summary>
internal sealed record StopTarget(Guid SubjectId, Scope Scope);

/// <summary>
/// From a token to what it stops: nothing is looked up, so a link works as long as its key is in the ring.
/// </summary>
internal sealed class LinkReader(LinkToken tokens)
{
    public bool TryRead(string token, [NotNullWhen(true)] out StopTarget? target)
    {
        target = tokens.TryRead(token, out var payload) && Channels.TryGetName(payload.Channel, out var channel)
            ? new StopTarget(payload.SubjectId, new Scope(payload.Purpose, channel))
            : null;
        return target is not null;
    }
}
