using OptOut.Service.Platform.Keys;
using OptOut.Contracts.Identifiers;

namespace OptOut.Service.Enforcement.Asking;

internal static class MatchHashes
{
    /// <summary>The hashes of every form under which a stop would cover the identifier, under every key of the ring.</summary>
    public static byte[][] Forms(this IdentifierHasher hasher, KeyUse use, NormalisedIdentifier identifier)
    {
        var hashes = new List<byte[]>(identifier.MatchForms.Count);
        foreach (var form in identifier.MatchForms)
            foreach (var hash in hasher.ForMatching(use, identifier.Type, form))
                hashes.Add(hash.Value);

        return [.. hashes];
    }
}
