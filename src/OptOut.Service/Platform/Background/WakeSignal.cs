namespace OptOut.Service.Platform.Background;

/// <summary>Wakes one kind of this process's background work; other replicas notice by the clock.</summary>
internal abstract class WakeSignal : IDisposable
{
    private readonly SemaphoreSlim _wake = new(0, 1);

    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <summary>Ends with the next wake, or after the given time.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) =>
        _wake.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _wake.Dispose();
}
