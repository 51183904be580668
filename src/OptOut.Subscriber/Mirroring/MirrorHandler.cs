using OptOut.Contracts;

namespace OptOut.Subscriber.Mirroring;

/// <summary>The handler of a system that only mirrors stops, such as a reporting database.</summary>
public sealed class MirrorHandler : IOptOutHandler
{
    /// <inheritdoc />
    public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var action = notice.IsStop ? AppliedAction.Suppressed : AppliedAction.None;
        return Task.FromResult(HandlingResult.Applied("mirror", action, notice.Data.Identifiers.Count, "mirror"));
    }
}
