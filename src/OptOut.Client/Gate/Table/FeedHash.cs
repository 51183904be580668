using System.Buffers.Binary;
using System.Buffers.Text;

namespace OptOut.Client.Gate.Table;

/// <summary>The first 16 bytes of the keyed hash of one identifier, as the feed sends it.</summary>
internal readonly record struct FeedHash(ulong High, ulong Low)
{
    public const int Bytes = 16;

    public static FeedHash From(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));

    /// <summary>From base64url without padding; anything but exactly 16 bytes is refused.</summary>
    public static bool TryParse(ReadOnlySpan<byte> base64Url, out FeedHash hash)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        hash = default;
        if (base64Url.Length != 22
            || Base64Url.DecodeFromUtf8(base64Url, bytes, out _, out var written) != System.Buffers.OperationStatus.Done
            || written != Bytes)
            return false;
        hash = From(bytes);
        return true;
    }
}
