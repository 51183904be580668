using System.Collections;

namespace OptOut.Ledger;

/// <summary>
/// A JSON object whose members stand sorted by the UTF-16 code units of their names, as RFC 8785 section 3.2.3 asks.
/// A name occurs once: adding it again throws <see cref="ArgumentException"/>.
/// </summary>
public sealed class CanonicalObject : CanonicalValue, IEnumerable<KeyValuePair<string, CanonicalValue>>
{
    private readonly SortedList<string, CanonicalValue> _members = new(StringComparer.Ordinal);

    /// <summary>How many members the object has.</summary>
    public int Count => _members.Count;

    /// <summary>Adds one member.</summary>
    /// <exception cref="ArgumentException">The name is already there.</exception>
    public void Add(string name, CanonicalValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _members.Add(name, value);
    }

    /// <summary>Adds one member where <paramref name="text"/> is not null, and nothing where it is.</summary>
    public void AddIfPresent(string name, string? text)
    {
        if (text is not null)
            Add(name, text);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, CanonicalValue>> GetEnumerator() => _members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal string NameAt(int position) => _members.GetKeyAtIndex(position);

    internal CanonicalValue ValueAt(int position) => _members.GetValueAtIndex(position);
}
