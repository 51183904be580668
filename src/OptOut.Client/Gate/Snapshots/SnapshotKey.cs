using System.Security.Cryptography;
using System.Text;

namespace OptOut.Client.Gate.Snapshots;

/// <summary>The configured key, from which each file's own is derived: by its salt, and by the service it is a copy of.</summary>
internal sealed class SnapshotKey
{
    public const int Bytes = 32;
    public const int SaltBytes = 32;

    private const string Use = "optout.gate.snapshot/1\n";

    private readonly byte[] _configured;
    private readonly byte[] _use;

    private SnapshotKey(byte[] configured, Uri? service)
    {
        _configured = configured;
        _use = Encoding.UTF8.GetBytes(Use + service?.AbsoluteUri);
    }

    public static byte[]? TryParse(string base64)
    {
        var bytes = new byte[Bytes];
        return Convert.TryFromBase64String(base64, bytes, out var written) && written == Bytes ? bytes : null;
    }

    /// <param name="base64">The key as it is configured.</param>
    /// <param name="service">A snapshot of another service does not open.</param>
    public static SnapshotKey Of(string base64, Uri? service) =>
        new(TryParse(base64) ?? throw new ArgumentException("Not a snapshot key.", nameof(base64)), service);

    /// <summary>A key that no other file has, so that a counter is enough for nonces.</summary>
    public AesGcm CipherOf(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[Bytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _configured, key, salt, _use);
        try
        {
            return new AesGcm(key, SnapshotBox.TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
