using OptOut.Client.Gate.Keys;
using OptOut.Client.Gate.Table;

namespace OptOut.Client;

/// <summary>
/// An identifier as a gate looks it up: one keyed hash for each feed key and each form under which a stop covers it.
/// Made by <see cref="ISuppressionGate.TryGetKey"/>. The default value is answered Unknown.
/// </summary>
public readonly struct GateKey : IEquatable<GateKey>
{
    private readonly FeedHash _first;
    private readonly FeedHash[]? _others;

    internal GateKey(FeedKeys keys, FeedHash first, FeedHash[]? others)
    {
        Keys = keys;
        _first = first;
        _others = others;
    }

    /// <summary>The keys it was made under; null in a default value.</summary>
    internal FeedKeys? Keys { get; }

    internal FeedHash First => _first;

    internal ReadOnlySpan<FeedHash> Others => _others;

    /// <inheritdoc />
    public bool Equals(GateKey other) =>
        ReferenceEquals(Keys, other.Keys) && _first == other._first && Others.SequenceEqual(other.Others);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is GateKey other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => _first.GetHashCode();

    /// <summary>Nothing: a hash belongs in no log.</summary>
    public override string ToString() => nameof(GateKey);

    /// <summary>Whether both ask about the same identifier.</summary>
    public static bool operator ==(GateKey left, GateKey right) => left.Equals(right);

    /// <summary>Whether they ask about different identifiers.</summary>
    public static bool operator !=(GateKey left, GateKey right) => !left.Equals(right);
}
