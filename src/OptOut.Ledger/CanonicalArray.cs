using System.Collections;

namespace OptOut.Ledger;

/// <summary>A JSON array; its elements keep the order in which they were added.</summary>
public sealed class CanonicalArray : CanonicalValue, IEnumerable<CanonicalValue>
{
    private readonly List<CanonicalValue> _elements = [];

    /// <summary>How many elements the array has.</summary>
    public int Count => _elements.Count;

    /// <summary>Adds one element at the end.</summary>
    public void Add(CanonicalValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _elements.Add(value);
    }

    /// <inheritdoc/>
    public IEnumerator<CanonicalValue> GetEnumerator() => _elements.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal CanonicalValue ElementAt(int position) => _elements[position];
}
