using System.Security.Cryptography;

namespace OptOut.Service.Platform.Keys;

/// <summary>A key file that cannot be used. Holds every fault found, and never a secret.</summary>
internal sealed class KeyRingException(IReadOnlyList<string> faults)
    : Exception("The master key file cannot be used: " + string.Join("; ", faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}

/// <summary>Something was sealed or hashed under a key that the ring does not hold.</summary>
internal sealed class KeyUnknownException(string keyId)
    : CryptographicException($"The key ring holds no key '{keyId}'.")
{
    public string KeyId { get; } = keyId;
}
