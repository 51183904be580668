namespace OptOut.Service.Audit.Sequencing;

/// <summary>What this process knows about the ledger, for health and for those who wait for a checkpoint.</summary>
internal sealed class LedgerStatus
{
    private volatile string? _incident;
    private volatile string? _witnessed;
    private int _cosignatures;
    private volatile TaskCompletionSource _published = NewSignal();

    /// <summary>Why this replica refuses to sequence; null where it does not.</summary>
    public string? Incident
    {
        get => _incident;
        set => _incident = value;
    }

    /// <summary>What a witness holds against this log, for the sequencer to stop at; null where nothing.</summary>
    public string? Witnessed
    {
        get => _witnessed;
        set => _witnessed = value;
    }

    /// <summary>True while this replica holds the sequencer's lock.</summary>
    public bool IsHolder { get; set; }

    /// <summary>Completes with the next checkpoint that this process publishes.</summary>
    public Task NextAsync() => _published.Task;

    public void Published() => Interlocked.Exchange(ref _published, NewSignal()).TrySetResult();

    /// <summary>A checkpoint has gained a cosignature.</summary>
    public void Cosigned() => Interlocked.Increment(ref _cosignatures);

    /// <summary>Counts up with each cosignature.</summary>
    public int Cosignatures => Volatile.Read(ref _cosignatures);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
