namespace OptOut.Service.Propagation;

/// <summary>Tells the dispatch workers of this process that a commit has left them work.</summary>
internal sealed class DispatchSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Wake() =>
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
            .TrySetResult();

    /// <summary>Completes at the next wake-up after this call. Take it before looking for work, or a wake-up is missed.</summary>
    public Task NextAsync() => Volatile.Read(ref _next).Task;
}
