namespace OptOut.Ledger;

/// <summary>
/// A value that <see cref="CanonicalJson"/> can write: a string, a <see cref="CanonicalObject"/> or a
/// <see cref="CanonicalArray"/>. Numbers, booleans and null are left out on purpose: their text differs between
/// writers, so a number travels as a string and an absent value as an absent member.
/// </summary>
public abstract class CanonicalValue
{
    private protected CanonicalValue()
    {
    }

    /// <summary>Wraps a string. A lone surrogate in it is refused when it is written.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static CanonicalValue FromString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new CanonicalString(text);
    }

    /// <inheritdoc cref="FromString"/>
    public static implicit operator CanonicalValue(string text) => FromString(text);

    internal sealed class CanonicalString(string text) : CanonicalValue
    {
        public string Text { get; } = text;
    }
}
