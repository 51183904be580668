using System.Collections.Frozen;
using OptOut.Contracts.Scopes;

namespace OptOut.Client.Gate.Coverage;

/// <summary>
/// Which set of scopes covers which question, for one tree of purposes: a bit for each pair. Immutable but for sets
/// that are added, which are written before any entry refers to them.
/// </summary>
internal sealed class Cover
{
    private const int BitsAWord = 64;

    private readonly FrozenDictionary<string, int> _purposes;
    private readonly FrozenDictionary<string, int> _channels;
    private readonly ulong[]?[] _bySet;

    private Cover(FrozenDictionary<string, int> purposes, FrozenDictionary<string, int> channels, ulong[]?[] bySet)
    {
        _purposes = purposes;
        _channels = channels;
        _bySet = bySet;
    }

    public static Cover Of(IReadOnlyList<string> purposes, IReadOnlyList<string> channels) =>
        new(Numbered(purposes), Numbered(channels), []);

    public IReadOnlyCollection<string> Purposes => _purposes.Keys;

    public IReadOnlyCollection<string> Channels => _channels.Keys;

    /// <summary>False for a purpose that is not on the tree, or a channel that the service does not know.</summary>
    public bool TryAsk(string purpose, string channel, out int question)
    {
        question = 0;
        if (!_purposes.TryGetValue(purpose, out var row) || !_channels.TryGetValue(channel, out var column)) return false;
        question = row * _channels.Count + column;
        return true;
    }

    public bool Covers(int set, int question) =>
        (_bySet[set]![question / BitsAWord] >> (question % BitsAWord) & 1) != 0;

    /// <summary>With room for the sets, in a fresh array where the present one has none.</summary>
    public Cover With(int set, IReadOnlyList<Scope> scopes)
    {
        var cover = this;
        if (set >= _bySet.Length)
        {
            var larger = new ulong[Math.Max(16, 2 * (set + 1))][];
            _bySet.CopyTo(larger, 0);
            cover = new Cover(_purposes, _channels, larger);
        }

        Volatile.Write(ref cover._bySet[set], cover.BitsOf(scopes));
        return cover;
    }

    private ulong[] BitsOf(IReadOnlyList<Scope> scopes)
    {
        var bits = new ulong[_purposes.Count * _channels.Count / BitsAWord + 1];
        foreach (var scope in scopes)
            foreach (var (purpose, row) in _purposes)
                if (ScopeRules.PurposeCovers(scope.Purpose, purpose))
                    foreach (var (channel, column) in _channels)
                        if (scope.Channel == Contracts.Scopes.Channels.Any || scope.Channel == channel)
                        {
                            var question = row * _channels.Count + column;
                            bits[question / BitsAWord] |= 1UL << (question % BitsAWord);
                        }

        return bits;
    }

    private static FrozenDictionary<string, int> Numbered(IReadOnlyList<string> names) =>
        names.Distinct(StringComparer.Ordinal).Select((name, at) => (name, at))
            .ToFrozenDictionary(pair => pair.name, pair => pair.at, StringComparer.Ordinal);
}
