namespace OptOut.Subscriber;

/// <summary>
/// The one class a downstream team writes. It is called once for each version that is newer than what this system has
/// applied, one at a time for one opt-out. After a crash the last call may be repeated, so act in a way that may be
/// done twice.
/// </summary>
public interface IOptOutHandler
{
    /// <summary>Applies a version to this system's own data.</summary>
    /// <param name="notice">What to apply. Holds personal data.</param>
    /// <param name="cancellationToken">Ends the call when its time is up or the process stops.</param>
    /// <returns>What was done. An exception counts as a failed attempt and is tried again.</returns>
    Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken);
}
