namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>Wakes whoever waits for propagation to move on, in this process.</summary>
internal sealed class AcknowledgementSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Wake() =>
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
            .TrySetResult();

    public Task NextAsync() => Volatile.Read(ref _next).Task;
}
