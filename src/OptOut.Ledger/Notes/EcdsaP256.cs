using System.Security.Cryptography;

namespace OptOut.Ledger.Notes;

/// <summary>
/// ECDSA on P-256 over SHA-256, signatures in DER: what every verifier outside .NET expects. The framework's own
/// default is another encoding.
/// </summary>
internal static class EcdsaP256
{
    private const string CurveOid = "1.2.840.10045.3.1.7";

    internal static byte[] Sign(ECDsa key, ReadOnlySpan<byte> text) =>
        key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    internal static bool Verify(ReadOnlySpan<byte> spki, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(spki, out _);
        return key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Whether the bytes are a P-256 key in the one encoding of it that we write.</summary>
    internal static bool IsKey(ReadOnlySpan<byte> spki)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out _);
            return IsP256(key) && spki.SequenceEqual(key.ExportSubjectPublicKeyInfo());
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    internal static bool IsP256(ECDsa key) => key.ExportParameters(false).Curve.Oid.Value == CurveOid;
}
