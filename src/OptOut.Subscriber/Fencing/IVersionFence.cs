namespace OptOut.Subscriber.Fencing;

/// <summary>
/// Remembers, for each opt-out, the newest version that this system has settled. Bring your own store by implementing
/// this: it must let one caller at a time work on one opt-out, across all processes of the system.
/// </summary>
public interface IVersionFence
{
    /// <summary>Waits until nobody else works on this opt-out, then lets the caller in.</summary>
    /// <returns>The pass. Disposing it without <see cref="IFencePass.SettleAsync"/> leaves the memory as it was.</returns>
    ValueTask<IFencePass> EnterAsync(string system, string optOutId, CancellationToken cancellationToken);
}

/// <summary>The right to work on one opt-out, alone, until it is disposed.</summary>
public interface IFencePass : IAsyncDisposable
{
    /// <summary>The newest version settled so far, or null if there is none.</summary>
    FencedVersion? Last { get; }

    /// <summary>Remembers a version for good. Called at most once, and only with one that is not older than the last.</summary>
    /// <exception cref="InvalidOperationException">A newer version is already remembered.</exception>
    ValueTask SettleAsync(FencedVersion version, CancellationToken cancellationToken);
}
