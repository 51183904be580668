using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// Opaque list cursors, base64url of: length of key id ‖ key id ‖ position ‖ MAC. The MAC also covers the filters, so a
/// cursor continues only the list it came from. A position is signed, not hidden: no identifier may stand in it.
/// </summary>
internal sealed class Cursor(KeyRing ring)
{
    public const int MaxPositionBytes = 256;

    private const int MacBytes = 16;
    private const int MaxBlob = 1 + 16 + MaxPositionBytes + MacBytes;

    /// <exception cref="ArgumentException">The position is longer than 256 bytes.</exception>
    public string Seal(string filterDigestInput, ReadOnlySpan<byte> position)
    {
        if (position.Length > MaxPositionBytes) throw new ArgumentException("At most 256 bytes.", nameof(position));
        var id = ring.CurrentId;
        Span<byte> blob = stackalloc byte[1 + id.Length + position.Length + MacBytes];
        blob[0] = (byte)id.Length;
        Encoding.ASCII.GetBytes(id, blob[1..]);
        position.CopyTo(blob[(1 + id.Length)..]);
        Mac(id, filterDigestInput, position, blob[^MacBytes..]);
        return Base64Url.EncodeToString(blob);
    }

    /// <summary>False for a forged or damaged cursor, and for one of a list with other filters. Never throws.</summary>
    public bool TryOpen(string? cursor, string filterDigestInput, out byte[] position)
    {
        position = [];
        if (cursor is null || cursor.Length > Base64Url.GetEncodedLength(MaxBlob)) return false;
        Span<byte> blob = stackalloc byte[MaxBlob];
        if (Base64Url.DecodeFromChars(cursor, blob, out _, out var length) != OperationStatus.Done) return false;
        if (length == 0 || length < 1 + blob[0] + MacBytes) return false;
        blob = blob[..length];

        var id = Encoding.ASCII.GetString(blob.Slice(1, blob[0]));
        var body = blob[(1 + blob[0])..^MacBytes];
        if (!ring.Knows(id) || body.Length > MaxPositionBytes) return false;
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(id, filterDigestInput, body, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, blob[^MacBytes..])) return false;
        position = body.ToArray();
        return true;
    }

    // Filters are of any length, so their digest stands in the MAC's input: fixed size, no ambiguity with the position.
    private void Mac(string keyId, string filters, ReadOnlySpan<byte> position, Span<byte> mac)
    {
        Span<byte> input = stackalloc byte[SHA256.HashSizeInBytes + position.Length];
        SHA256.HashData(Encoding.UTF8.GetBytes(filters), input);
        position.CopyTo(input[SHA256.HashSizeInBytes..]);
        Span<byte> full = stackalloc byte[KeyRing.HashBytes];
        ring.Hmac(KeyUse.Cursor, keyId, input, full);
        full[..MacBytes].CopyTo(mac);
    }
}
