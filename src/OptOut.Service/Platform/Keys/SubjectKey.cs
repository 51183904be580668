using System.Security.Cryptography;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// The key of one subject, under which the subject's values are encrypted. Destroying its wrapped form erases them.
/// Disposing overwrites it in memory.
/// </summary>
internal sealed class SubjectKey : IDisposable
{
    private readonly byte[] _key;
    private bool _disposed;

    private SubjectKey(byte[] key) => _key = key;

    public static SubjectKey Create() => new(RandomNumberGenerator.GetBytes(KeyRing.KeyBytes));

    /// <summary>Version byte ‖ 12 bytes nonce ‖ ciphertext ‖ 16 bytes tag.</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var box = new byte[plaintext.Length + AeadBox.Overhead];
        AeadBox.Seal(Bytes, plaintext, associatedData, box);
        return box;
    }

    /// <exception cref="CryptographicException">Changed, foreign, or bound to other associated data.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> box, ReadOnlySpan<byte> associatedData) =>
        AeadBox.Open(Bytes, box, associatedData);

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    /// <summary>Takes the array over: the caller keeps no copy.</summary>
    internal static SubjectKey Own(byte[] key) =>
        key.Length == KeyRing.KeyBytes ? new SubjectKey(key) : throw new CryptographicException("Not a subject's key.");

    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _key;
        }
    }
}
