using System.Security.Cryptography;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Subjects;

namespace OptOut.Service.Audit.Reading;

/// <summary>Nonce and payload of a commitment.</summary>
internal sealed record Opening(byte[] Nonce, byte[] Payload)
{
    public OpeningView View(Guid entryId) =>
        new(entryId.ToString("N"), Convert.ToBase64String(Nonce), Convert.ToBase64String(Payload));
}

/// <summary>Reads openings, which only the subject's key, or for configuration the master key, can decrypt.</summary>
internal sealed class Openings(Databases databases, SubjectKeys keys, SecretBox secrets)
{
    /// <summary>Null where it is gone: not kept, erased, or damaged.</summary>
    public async Task<Opening?> FindAsync(Guid entryId, CancellationToken cancellationToken)
    {
        Guid? subjectId;
        byte[] ciphertext;
        await using (var command = databases.Main.CreateCommand(
            "SELECT subject_id, ciphertext FROM ledger.opening WHERE entry_id = $1"))
        {
            command.Parameters.Add(Sql.Value(entryId));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            subjectId = reader.IsDBNull(0) ? null : reader.GetGuid(0);
            ciphertext = reader.GetFieldValue<byte[]>(1);
        }

        var known = subjectId is { } subject ? await keys.LoadAsync([subject], cancellationToken) : null;
        return Open(entryId, subjectId, ciphertext, known);
    }

    /// <summary>Decrypts one row with keys that are loaded already.</summary>
    public Opening? Open(
        Guid entryId, Guid? subjectId, byte[] ciphertext, IReadOnlyDictionary<Guid, SubjectKey>? subjectKeys)
    {
        try
        {
            var plain = subjectId is not { } subject
                ? secrets.Unprotect(LedgerEntry.OpeningLabel, ciphertext)
                : subjectKeys?.GetValueOrDefault(subject)?.Decrypt(ciphertext, entryId.ToByteArray());
            return plain is { Length: >= Commitment.NonceBytes }
                ? new Opening(plain[..Commitment.NonceBytes], plain[Commitment.NonceBytes..])
                : null;
        }
        catch (Exception exception) when (exception is CryptographicException or KeyUnknownException)
        {
            return null;
        }
    }
}
