using System.Security.Cryptography;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Audit.Checking;

/// <summary>An opening as it lies in the database.</summary>
/// <param name="SubjectId">Under whose key; null: under the master key.</param>
internal sealed record SealedOpening(Guid EntryId, Guid? SubjectId, byte[] Ciphertext);

/// <summary>Nonce and payload of a commitment, in the clear.</summary>
internal sealed record PlainOpening(byte[] Nonce, byte[] Payload);

/// <summary>Opens what an audit reads, a page at a time. Keys are asked for each page anew: an audit keeps nothing of people.</summary>
internal sealed class SealedOpenings(NpgsqlDataSource keysDatabase, SubjectKeyWrap wrap, SecretBox secrets)
{
    /// <summary>The label that binds a sealed opening of configuration to its use.</summary>
    public const string ConfigurationLabel = "ledger-opening";

    /// <summary>In order; null where it cannot be opened: the key is gone, or the bytes were changed.</summary>
    public async Task<IReadOnlyList<PlainOpening?>> OpenAsync(
        IReadOnlyList<SealedOpening?> page, CancellationToken cancellationToken)
    {
        var subjects = page.Select(one => one?.SubjectId).OfType<Guid>().Distinct().ToArray();
        var keys = subjects.Length > 0 ? await LoadAsync(subjects, cancellationToken) : [];
        try
        {
            return [.. page.Select(one => one is null ? null : Open(one, keys))];
        }
        finally
        {
            foreach (var key in keys.Values)
                key.Dispose();
        }
    }

    private PlainOpening? Open(SealedOpening one, Dictionary<Guid, SubjectKey> keys)
    {
        try
        {
            var plain = one.SubjectId is not { } subject
                ? secrets.Unprotect(ConfigurationLabel, one.Ciphertext)
                : keys.GetValueOrDefault(subject)?.Decrypt(one.Ciphertext, one.EntryId.ToByteArray());
            return plain is { Length: >= Commitment.NonceBytes }
                ? new PlainOpening(plain[..Commitment.NonceBytes], plain[Commitment.NonceBytes..])
                : null;
        }
        catch (Exception exception) when (exception is CryptographicException or KeyUnknownException)
        {
            return null;
        }
    }

    private async Task<Dictionary<Guid, SubjectKey>> LoadAsync(Guid[] subjects, CancellationToken cancellationToken)
    {
        Dictionary<Guid, SubjectKey> keys = [];
        await using var command = keysDatabase.CreateCommand(
            "SELECT subject_id, key_id, wrapped FROM optout.subject_key WHERE subject_id = ANY ($1)");
        command.Parameters.Add(Sql.Uuids(subjects));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            try
            {
                keys[reader.GetGuid(0)] = wrap.Unwrap(reader.GetGuid(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2));
            }
            catch (Exception exception) when (exception is CryptographicException or KeyUnknownException)
            {
                // One damaged key is its owner's: every opening under it is reported as unreadable.
            }
        }

        return keys;
    }
}
