using System.Security.Cryptography;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// Random bytes for nonces from the system's generator, fetched in advance: a fetch costs the same for many bytes as for
/// a few. Each byte is given out once and overwritten here.
/// </summary>
internal static class RandomBytes
{
    private const int Ahead = 2_048;

    [ThreadStatic]
    private static byte[]? _bytes;

    [ThreadStatic]
    private static int _used;

    public static void Fill(Span<byte> destination)
    {
        if (destination.Length > Ahead)
        {
            RandomNumberGenerator.Fill(destination);
            return;
        }

        if (_bytes is null || _used + destination.Length > Ahead)
        {
            RandomNumberGenerator.Fill(_bytes ??= new byte[Ahead]);
            _used = 0;
        }

        var given = _bytes.AsSpan(_used, destination.Length);
        given.CopyTo(destination);
        CryptographicOperations.ZeroMemory(given);
        _used += destination.Length;
    }
}
