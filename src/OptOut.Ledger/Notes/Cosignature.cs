using System.Buffers.Binary;
using System.Globalization;

namespace OptOut.Ledger.Notes;

/// <summary>
/// C2SP cosignature/v1: eight big-endian bytes of POSIX time and an Ed25519 signature over a header line, a line with
/// that time, and the text. The header keeps it from being taken for a signature of another kind.
/// </summary>
public static class Cosignature
{
    /// <summary>Length of time and signature together, in bytes.</summary>
    public const int Bytes = sizeof(long) + Ed25519.SignatureBytes;

    /// <summary>When the cosigner says that it signed; believe it only after the signature verified.</summary>
    /// <exception cref="FormatException">The bytes are no cosignature.</exception>
    public static DateTimeOffset TimeOf(ReadOnlySpan<byte> cosignature) =>
        TryReadTime(cosignature, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new FormatException("The bytes are no cosignature.");

    internal static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> text, DateTimeOffset time)
    {
        var cosignature = new byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(cosignature, time.ToUnixTimeSeconds());
        Ed25519.Sign(privateKey, Message(text, time.ToUnixTimeSeconds())).CopyTo(cosignature, sizeof(long));
        return cosignature;
    }

    internal static bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> text, ReadOnlySpan<byte> cosignature) =>
        TryReadTime(cosignature, out var seconds)
        && Ed25519.Verify(publicKey, Message(text, seconds), cosignature[sizeof(long)..]);

    private static bool TryReadTime(ReadOnlySpan<byte> cosignature, out long seconds)
    {
        seconds = 0;
        if (cosignature.Length != Bytes)
            return false;

        seconds = BinaryPrimitives.ReadInt64BigEndian(cosignature);
        return seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
    }

    private static byte[] Message(ReadOnlySpan<byte> text, long seconds)
    {
        var header = string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n");
        return [.. StrictText.Utf8.GetBytes(header), .. text];
    }
}
