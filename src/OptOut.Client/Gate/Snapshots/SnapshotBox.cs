using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OptOut.Client.Gate.Snapshots;

/// <summary>
/// A file of sealed pieces: magic ‖ salt, then for each piece its length and the ciphertext with its tag (AES-256-GCM).
/// The nonce is the piece's number, and whether it is the last is sealed with it: pieces cannot be changed, moved, left
/// out or cut off.
/// </summary>
internal static class SnapshotBox
{
    public const int TagBytes = 16;

    /// <summary>The most plaintext of one piece.</summary>
    public const int MaxPiece = 1024 * 1024;

    private const int NonceBytes = 12;

    private static ReadOnlySpan<byte> Magic => "OOGATE\0\u0001"u8;

    /// <summary>Seals pieces in order; the last one says so.</summary>
    public sealed class Writer : IDisposable
    {
        private readonly Stream _target;
        private readonly AesGcm _cipher;
        private long _number;

        public Writer(Stream target, SnapshotKey key)
        {
            _target = target;
            Span<byte> salt = stackalloc byte[SnapshotKey.SaltBytes];
            RandomNumberGenerator.Fill(salt);
            _cipher = key.CipherOf(salt);
            target.Write(Magic);
            target.Write(salt);
        }

        public void Write(ReadOnlySpan<byte> piece, bool isLast)
        {
            var box = new byte[sizeof(int) + piece.Length + TagBytes];
            BinaryPrimitives.WriteInt32BigEndian(box, piece.Length);
            Span<byte> nonce = stackalloc byte[NonceBytes];
            BinaryPrimitives.WriteInt64BigEndian(nonce, _number++);
            _cipher.Encrypt(nonce, piece, box.AsSpan(sizeof(int), piece.Length), box.AsSpan(sizeof(int) + piece.Length),
                [isLast ? (byte)1 : (byte)0]);
            _target.Write(box);
        }

        public void Dispose() => _cipher.Dispose();
    }

    /// <summary>The pieces of a file, each verified before it is handed out.</summary>
    /// <exception cref="CryptographicException">Changed, cut off, or made under another key or for another service.</exception>
    public static IEnumerable<byte[]> Read(Stream source, SnapshotKey key)
    {
        using var cipher = Open(source, key);
        var number = 0L;
        var isLast = false;
        while (!isLast)
        {
            var piece = ReadPiece(source, cipher, number++, out isLast);
            yield return piece;
        }

        if (source.ReadByte() >= 0) throw Damaged();
    }

    private static AesGcm Open(Stream source, SnapshotKey key)
    {
        Span<byte> head = stackalloc byte[Magic.Length + SnapshotKey.SaltBytes];
        Fill(source, head);
        return head.StartsWith(Magic) ? key.CipherOf(head[Magic.Length..]) : throw Damaged();
    }

    private static byte[] ReadPiece(Stream source, AesGcm cipher, long number, out bool isLast)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        Fill(source, length);
        var size = BinaryPrimitives.ReadInt32BigEndian(length);
        if (size is < 0 or > MaxPiece) throw Damaged();
        var box = new byte[size + TagBytes];
        Fill(source, box);
        Span<byte> nonce = stackalloc byte[NonceBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, number);
        var piece = new byte[size];
        // Which of the two it is stands nowhere in the clear, so it cannot be turned round.
        isLast = source.Position == source.Length;
        cipher.Decrypt(nonce, box.AsSpan(0, size), box.AsSpan(size), piece, [isLast ? (byte)1 : (byte)0]);
        return piece;
    }

    private static void Fill(Stream source, Span<byte> bytes)
    {
        if (source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Damaged();
    }

    private static CryptographicException Damaged() => new("The snapshot is damaged.");
}
