namespace OptOut.Service.Audit.Checking;

/// <summary>One contradiction.</summary>
/// <param name="Code">What kind, a constant of the program.</param>
/// <param name="Index">The leaf's place, where it is known.</param>
/// <param name="EntryId">The leaf's id, where it is known.</param>
internal sealed record AuditFault(string Code, long? Index, Guid? EntryId);

/// <summary>What an audit read, and the first contradictions that it found.</summary>
internal sealed class AuditReport
{
    /// <summary>More are counted and not kept: one broken leaf is enough to act on.</summary>
    private const int MaxFaults = 1000;

    private readonly List<AuditFault> _faults = [];

    public long Read { get; set; }

    /// <summary>Kinds of leaves that are in the ledger and that this build has no rule for.</summary>
    public int KindsNotCompared { get; set; }

    /// <summary>Acts that are known by their leaf alone since an older backup was restored; see `restored`.</summary>
    public long Forgotten { get; set; }

    public long FaultCount { get; private set; }

    public IReadOnlyList<AuditFault> Faults => _faults;

    public void Add(string code, long? index = null, Guid? entryId = null)
    {
        FaultCount++;
        if (_faults.Count < MaxFaults)
            _faults.Add(new AuditFault(code, index, entryId));
    }
}
