using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Ledger.Notes;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>
/// The keys that sign checkpoints, from a file outside the database: ECDSA always, Ed25519 where the machine has it.
/// All replicas of an installation share one file.
/// </summary>
internal sealed class LedgerKeys : IDisposable
{
    private const int SeedBytes = 32;
    private const int MaxFileBytes = 16 * 1024;

    private readonly ECDsa? _ecdsa;

    private LedgerKeys(string origin, ECDsa? ecdsa, IReadOnlyList<NoteSigner> signers)
    {
        (Origin, _ecdsa, Signers) = (origin, ecdsa, signers);
        Verifiers = [.. signers.Select(signer => signer.Verifier)];
    }

    public string Origin { get; }

    /// <summary>None where no key file is configured.</summary>
    public IReadOnlyList<NoteSigner> Signers { get; }

    public IReadOnlyList<NoteVerifier> Verifiers { get; }

    public bool CanSign => Signers.Count > 0;

    /// <exception cref="ConfigurationException">The file is missing or unreadable.</exception>
    public static LedgerKeys Load(LedgerSettings settings)
    {
        if (settings.KeyFile is not { } file)
            return new LedgerKeys(settings.Origin, null, []);
        try
        {
            if (new FileInfo(file).Length > MaxFileBytes)
                throw new FormatException("The file is too long.");
            var stored = JsonSerializer.Deserialize<StoredKeys>(File.ReadAllBytes(file), JsonSerializerOptions.Web)
                ?? throw new FormatException("The file is empty.");
            var ecdsa = ECDsa.Create();
            ecdsa.ImportPkcs8PrivateKey(stored.EcdsaPkcs8, out _);
            List<NoteSigner> signers = [NoteSigner.Ecdsa(settings.Origin, ecdsa)];
            if (Ed25519.IsSupported)
                signers.Add(NoteSigner.FromEd25519(settings.Origin, stored.Ed25519Seed));
            return new LedgerKeys(settings.Origin, ecdsa, signers);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException
            or FormatException or CryptographicException or ArgumentException)
        {
            throw new ConfigurationException([
                $"OptOut__LedgerKeyFile cannot be used ({exception.GetType().Name}). Make one with 'OptOut.Service new-ledger-key FILE'."]);
        }
    }

    /// <summary>Makes a file with fresh keys that only its owner can read.</summary>
    /// <exception cref="IOException">The file exists: keys are never replaced.</exception>
    public static void CreateFile(string file)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var stored = new StoredKeys(ecdsa.ExportPkcs8PrivateKey(), RandomNumberGenerator.GetBytes(SeedBytes));
        using var stream = FileModes.Create(file, FileModes.OwnerReadWrite);
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(stored, JsonSerializerOptions.Web));
        stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _ecdsa?.Dispose();

    private sealed record StoredKeys(byte[] EcdsaPkcs8, byte[] Ed25519Seed);
}
