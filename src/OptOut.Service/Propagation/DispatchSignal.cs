namespace OptOut.Service.Propagation;

/// <summary>
/// Tells dispatch workers that a commit has left them work: those of this process at once, others' soon after. The parts
/// are split over lanes, so that a commit about one person wakes one worker and not all of them.
/// </summary>
internal sealed class DispatchSignal
{
    /// <summary>How many workers can be woken apart from each other. The part modulo this is its lane.</summary>
    public const int Lanes = 4;

    private readonly TaskCompletionSource[] _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => New())];
    private TaskCompletionSource _next = New();
    private TaskCompletionSource _peers = New();

    public static int LaneOf(short part) => part % Lanes;

    /// <summary>Wakes all of this process's workers, and the notifier that wakes other replicas.</summary>
    public void Wake()
    {
        WakeLocal();
        Pulse(ref _peers);
    }

    /// <summary>The same where only these parts have work. Nobody is woken where there are none.</summary>
    public void Wake(IEnumerable<short> parts)
    {
        var woken = 0;
        foreach (var lane in parts.Select(LaneOf))
        {
            if ((woken & (1 << lane)) == 0)
                Pulse(ref _lanes[lane]);
            woken |= 1 << lane;
        }

        if (woken == 0)
            return;
        Pulse(ref _next);
        Pulse(ref _peers);
    }

    /// <summary>Wakes this process's workers only.</summary>
    public void WakeLocal()
    {
        for (var lane = 0; lane < Lanes; lane++)
            Pulse(ref _lanes[lane]);
        Pulse(ref _next);
    }

    /// <summary>Completes at the next wake-up after this call. Take it before looking for work, or a wake-up is missed.</summary>
    public Task NextAsync() => Volatile.Read(ref _next).Task;

    /// <summary>The same for work of one lane.</summary>
    public Task NextAsync(int lane) => Volatile.Read(ref _lanes[lane]).Task;

    /// <summary>Completes at the next commit of this process.</summary>
    public Task NextForPeersAsync() => Volatile.Read(ref _peers).Task;

    private static void Pulse(ref TaskCompletionSource source) => Interlocked.Exchange(ref source, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
