using System.Buffers.Binary;
using OptOut.Ledger;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Audit;

/// <summary>What a leaf says in clear about an act.</summary>
/// <param name="Kind">One of <see cref="LedgerKinds"/>.</param>
/// <param name="Record">The thing it happened to: opt-out, delivery, system, key (its id as a uuid), subject.</param>
/// <param name="Version">Its version, 0 where it has none.</param>
/// <param name="Actor">A service or role id, such as <c>svc:0123456789abcdef</c>.</param>
internal sealed record LedgerFacts(
    string Kind, Guid Record, long Version, string Actor, DateTimeOffset At, string? System = null, string? Outcome = null);

/// <summary>A leaf and its opening, ready to be written in the transaction of the act.</summary>
/// <param name="SubjectId">Under whose key the opening is encrypted; null for acts that concern no person.</param>
/// <param name="Opening">Null where the person has been erased: there is no key to keep it under.</param>
internal sealed record LedgerEntry(Guid Id, byte[] Leaf, byte[] LeafHash, Guid? SubjectId, byte[]? Opening)
{
    internal const string OpeningLabel = Checking.SealedOpenings.ConfigurationLabel;

    /// <summary>An act that concerns a person: the opening can be read only with the subject's key.</summary>
    public static LedgerEntry ForSubject(
        Guid id, LedgerFacts facts, ReadOnlySpan<byte> payload, Guid subjectId, SubjectKey? key)
    {
        var (leaf, opening) = Commit(facts, payload);
        return new LedgerEntry(id, leaf, MerkleTree.HashLeaf(leaf), subjectId, key?.Encrypt(opening, id.ToByteArray()));
    }

    /// <summary>An act about configuration: the opening is sealed under the master key.</summary>
    public static LedgerEntry ForConfiguration(LedgerFacts facts, ReadOnlySpan<byte> payload, SecretBox secrets)
    {
        var id = Guid.CreateVersion7(facts.At);
        var (leaf, opening) = Commit(facts, payload);
        return new LedgerEntry(id, leaf, MerkleTree.HashLeaf(leaf), null, secrets.Protect(OpeningLabel, opening));
    }

    /// <summary>An API key's id as the record of a leaf: its 16 hex digits in the first 8 bytes of a uuid.</summary>
    public static Guid RecordOfKey(string keyId)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Convert.ToUInt64(keyId, 16));
        return new Guid(bytes, bigEndian: true);
    }

    private static (byte[] Leaf, byte[] Opening) Commit(LedgerFacts facts, ReadOnlySpan<byte> payload)
    {
        var opening = new byte[Commitment.NonceBytes + payload.Length];
        var nonce = opening.AsSpan(0, Commitment.NonceBytes);
        RandomBytes.Fill(nonce);
        payload.CopyTo(opening.AsSpan(Commitment.NonceBytes));
        var leaf = new LedgerLeaf
        {
            Kind = facts.Kind,
            Record = facts.Record,
            Version = facts.Version,
            Actor = facts.Actor,
            At = facts.At,
            CommitmentHash = Commitment.Compute(nonce, payload),
            System = facts.System,
            Outcome = facts.Outcome,
        };
        return (leaf.ToBytes(), opening);
    }
}
