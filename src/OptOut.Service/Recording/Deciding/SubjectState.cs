using OptOut.Service.Purposes;

namespace OptOut.Service.Recording.Deciding;

/// <summary>One person as the batch sees them: the survivor, its merged members, and the newest version of each opt-out.</summary>
internal sealed class SubjectState(Guid id, bool isNew)
{
    private readonly Dictionary<Guid, RecordState> _newest = [];
    private readonly Dictionary<string, int> _identifiers = new(StringComparer.Ordinal);

    public Guid Id { get; } = id;

    /// <summary>True where the person is made in this batch, so that their key is too.</summary>
    public bool IsNew { get; } = isNew;

    public HashSet<string> IdentifierTypes { get; } = new(StringComparer.Ordinal);

    /// <summary>Counts one more identifier of this type.</summary>
    public void AddIdentifier(string type, int count = 1)
    {
        IdentifierTypes.Add(type);
        _identifiers[type] = CountOf(type) + count;
    }

    public int CountOf(string type) => _identifiers.GetValueOrDefault(type);

    public IEnumerable<RecordState> Standing => _newest.Values.Where(r => r.Stands);

    /// <summary>True where all that is recorded of them was made by probes: nobody, whatever else is done with them.</summary>
    public bool IsSynthetic => _newest.Count > 0 && _newest.Values.All(r => r.Synthetic);

    public RecordState? Newest(Guid optOutId) => _newest.GetValueOrDefault(optOutId);

    /// <summary>The survivor's own opt-out of this very scope, standing or not.</summary>
    public RecordState? Own(Scope scope) => _newest.Values.FirstOrDefault(r => r.SubjectId == Id && r.Scope == scope);

    /// <summary>What stops this very scope: the survivor's own opt-out first, else that of a merged member.</summary>
    public RecordState? StandingAt(Scope scope) =>
        Own(scope) is { Stands: true } own ? own : Standing.FirstOrDefault(r => r.Scope == scope);

    /// <summary>A standing stop of a strictly broader scope, which a narrower opt-in cannot lift.</summary>
    public RecordState? BroaderThan(Scope scope) =>
        Standing.FirstOrDefault(r => r.Scope != scope && ScopeRules.Covers(r.Scope, scope));

    public void Put(RecordState record) => _newest[record.OptOutId] = record;

    /// <summary>Takes over what the other subject has: its opt-outs keep their ids and versions.</summary>
    public void Absorb(SubjectState other)
    {
        foreach (var (type, count) in other._identifiers)
            AddIdentifier(type, count);
        foreach (var record in other._newest.Values)
            Put(record);
    }
}
