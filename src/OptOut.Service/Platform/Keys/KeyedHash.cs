namespace OptOut.Service.Platform.Keys;

/// <summary>A keyed hash with the id of the key that made it. Equal when both are equal.</summary>
internal readonly record struct KeyedHash(string KeyId, byte[] Value)
{
    public bool Equals(KeyedHash other) => KeyId == other.KeyId && Value.AsSpan().SequenceEqual(other.Value);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(KeyId);
        hash.AddBytes(Value);
        return hash.ToHashCode();
    }
}
