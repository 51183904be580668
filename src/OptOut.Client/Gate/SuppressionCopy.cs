using OptOut.Client.Gate.Coverage;
using OptOut.Client.Gate.Feed;
using OptOut.Client.Gate.Keys;
using OptOut.Client.Gate.Table;

namespace OptOut.Client.Gate;

/// <summary>
/// A copy of the suppression list with everything it is read by. The feed writes it, one event after the other; any
/// number of readers look into it meanwhile.
/// </summary>
internal sealed class SuppressionCopy(FeedRules rules)
{
    private volatile FeedRules _rules = rules;

    public KeyTable Table { get; } = new();

    public ScopeSets Scopes { get; } = new();

    /// <summary>How identifiers are read and hashed, as the service last said.</summary>
    public FeedRules Rules => _rules;

    /// <summary>Whether the first transfer is over: only a whole copy may answer.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The last event that is in here; null until there is one. For the feed alone.</summary>
    public string? Cursor { get; private set; }

    // Entries of the first transfer up to the cursor, and those of a page that has not moved it yet.
    private long _transferred;
    private long _ofThisPage;

    /// <summary>As it was in a snapshot: whole, up to a cursor.</summary>
    public void Restore(string cursor)
    {
        IsWhole = true;
        Cursor = cursor;
    }

    /// <summary>A connection begins: a page that was cut off comes again as a whole.</summary>
    public void Resume() => _ofThisPage = 0;

    public void MoveTo(string cursor)
    {
        if (cursor == Cursor) return;
        Cursor = cursor;
        _transferred += _ofThisPage;
        _ofThisPage = 0;
    }

    /// <summary>The first transfer is over; false where it did not bring as many entries as were sent.</summary>
    public bool TryComplete(long entries) => IsWhole = entries == _transferred;

    /// <summary>The service's newest word. Keys that are the same stay the same object, so that keys in use stay good.</summary>
    public void Renew(FeedRules rules)
    {
        var tree = Scopes.Cover.Purposes;
        _rules = rules.Keys.IsSameAs(_rules.Keys) ? rules with { Keys = _rules.Keys } : rules;
        Scopes.Ask([.. tree], rules.Channels);
    }

    public void Replace(IReadOnlyList<string> purposes) => Scopes.Ask(purposes, _rules.Channels);

    public void Apply(EntriesEvent read)
    {
        var numbers = new int[read.Sets.Count];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = Scopes.Number(read.Sets[i]);
        foreach (var entry in read.Entries) Table.Put(entry.Hash, numbers[entry.Set], entry.Version);
        if (!IsWhole) _ofThisPage += read.Entries.Count;
    }

    /// <summary>Unknown where the question cannot be asked of this copy; whether the copy is current is not its concern.</summary>
    public SuppressionAnswer Answer(in GateKey key, string purpose, string channel)
    {
        // The table first: a set that is found there has been entered in the cover before.
        var set = Table.Find(key.First);
        if (!key.Others.IsEmpty) return AnswerEach(key, set, purpose, channel);
        var cover = Scopes.Cover;
        if (!cover.TryAsk(purpose, channel, out var question)) return SuppressionAnswer.Unknown;
        return set >= 0 && cover.Covers(set, question) ? SuppressionAnswer.Suppressed : SuppressionAnswer.Allowed;
    }

    private SuppressionAnswer AnswerEach(in GateKey key, int first, string purpose, string channel)
    {
        Span<int> sets = stackalloc int[key.Others.Length];
        for (var i = 0; i < sets.Length; i++) sets[i] = Table.Find(key.Others[i]);
        var cover = Scopes.Cover;
        if (!cover.TryAsk(purpose, channel, out var question)) return SuppressionAnswer.Unknown;
        if (first >= 0 && cover.Covers(first, question)) return SuppressionAnswer.Suppressed;
        foreach (var set in sets)
            if (set >= 0 && cover.Covers(set, question))
                return SuppressionAnswer.Suppressed;
        return SuppressionAnswer.Allowed;
    }
}

/// <summary>What the service says at the beginning of a stream. Immutable.</summary>
internal sealed record FeedRules(
    FeedKeys Keys,
    IdentifierReading Reading,
    IReadOnlyList<string> Channels,
    IReadOnlyList<FeedIdentifierType> IdentifierTypes,
    string? DefaultRegion,
    TimeSpan StaleAfter)
{
    /// <summary>Null where this gate cannot keep such a feed's promises.</summary>
    public static FeedRules? Of(FeedHello hello)
    {
        if (hello.Feed != FeedHello.Known || hello.HashBytes != FeedHash.Bytes || hello.StaleAfterSeconds <= 0
            || hello.Keys.Count is 0 or > FeedKeys.MaxKeys)
            return null;
        var keys = new List<(string, byte[])>(hello.Keys.Count);
        foreach (var key in hello.Keys)
        {
            var bytes = new byte[FeedKeys.KeyBytes];
            if (!Convert.TryFromBase64String(key.Key, bytes, out var written) || written != bytes.Length) return null;
            keys.Add((key.KeyId, bytes));
        }

        return new FeedRules(new FeedKeys(keys), IdentifierReading.Of(hello.IdentifierTypes, hello.DefaultRegion),
            hello.Channels, hello.IdentifierTypes, hello.DefaultRegion, TimeSpan.FromSeconds(hello.StaleAfterSeconds));
    }
}
