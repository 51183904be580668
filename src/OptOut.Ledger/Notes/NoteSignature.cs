using System.Buffers.Binary;

namespace OptOut.Ledger.Notes;

/// <summary>One signature line of a note: an em dash, the key's name, and base64 of key id and signature.</summary>
/// <param name="Name">The key's name.</param>
/// <param name="KeyId">The key's number.</param>
/// <param name="Bytes">The signature, without the key id; at least one byte.</param>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Bytes)
{
    private const string Prefix = "\u2014 ";
    private const int KeyIdBytes = sizeof(uint);

    /// <summary>The line, without its newline.</summary>
    public override string ToString()
    {
        var bytes = new byte[KeyIdBytes + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        Bytes.Span.CopyTo(bytes.AsSpan(KeyIdBytes));
        return $"{Prefix}{Name} {Convert.ToBase64String(bytes)}";
    }

    internal static NoteSignature Parse(string line)
    {
        if (!line.StartsWith(Prefix, StringComparison.Ordinal))
            throw new FormatException("A signature line begins with an em dash and a space.");

        var parts = line[Prefix.Length..].Split(' ');
        if (parts.Length != 2 || !NoteName.IsValid(parts[0]))
            throw new FormatException("A signature line has a name and a signature.");

        var bytes = StrictText.DecodeBase64(parts[1]);
        return bytes.Length > KeyIdBytes
            ? new NoteSignature(parts[0], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(KeyIdBytes))
            : throw new FormatException("The signature is too short.");
    }
}
