using OptOut.Contracts.Scopes;

namespace OptOut.Client.Gate.Coverage;

/// <summary>
/// The different sets of scopes that stand for people, each kept once under a number: millions of people share a few.
/// Set 0 is the empty one. One writer; readers take <see cref="Cover"/>.
/// </summary>
internal sealed class ScopeSets
{
    /// <summary>The most different sets of a copy. More is no suppression list that this gate can hold.</summary>
    public const int MaxSets = 1_000_000;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<IReadOnlyList<Scope>> _sets = [];
    private Cover _cover = Cover.Of([], []);

    public ScopeSets() => Number([]);

    public Cover Cover => Volatile.Read(ref _cover);

    /// <summary>All sets by number, as they are now.</summary>
    public IReadOnlyList<IReadOnlyList<Scope>> All => _sets.ToArray();

    /// <summary>The number of a set, in whatever order its scopes were written.</summary>
    /// <exception cref="InvalidOperationException">There are more sets than a gate can hold.</exception>
    public int Number(IReadOnlyList<Scope> scopes)
    {
        var text = string.Join('\n', scopes.Select(scope => $"{scope.Purpose}/{scope.Channel}").Order(StringComparer.Ordinal));
        if (_numbers.TryGetValue(text, out var number)) return number;
        if (_sets.Count == MaxSets) throw new InvalidOperationException("The list has more sets of scopes than a gate holds.");
        number = _sets.Count;
        _sets.Add(scopes);
        _numbers.Add(text, number);
        Volatile.Write(ref _cover, _cover.With(number, scopes));
        return number;
    }

    /// <summary>Another tree, or other channels: every set is compared with every question again.</summary>
    public void Ask(IReadOnlyList<string> purposes, IReadOnlyList<string> channels)
    {
        var cover = Cover.Of(purposes, channels);
        for (var i = 0; i < _sets.Count; i++) cover = cover.With(i, _sets[i]);
        Volatile.Write(ref _cover, cover);
    }
}
