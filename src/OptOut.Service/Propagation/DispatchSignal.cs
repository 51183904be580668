namespace OptOut.Service.Propagation;

/// <summary>Tells dispatch workers that a commit has left them work: those of this process at once, others' soon after.</summary>
internal sealed class DispatchSignal
{
    private TaskCompletionSource _next = New();
    private TaskCompletionSource _peers = New();

    /// <summary>Wakes this process's workers, and the notifier that wakes other replicas.</summary>
    public void Wake()
    {
        WakeLocal();
        Interlocked.Exchange(ref _peers, New()).TrySetResult();
    }

    /// <summary>Wakes this process's workers only.</summary>
    public void WakeLocal() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    /// <summary>Completes at the next wake-up after this call. Take it before looking for work, or a wake-up is missed.</summary>
    public Task NextAsync() => Volatile.Read(ref _next).Task;

    /// <summary>Completes at the next commit of this process.</summary>
    public Task NextForPeersAsync() => Volatile.Read(ref _peers).Task;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
