using Npgsql;
using NpgsqlTypes;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Access;

/// <summary>A key just made or rotated. <see cref="Key"/> is shown to its holder once and kept nowhere.</summary>
internal sealed record IssuedKey(
    string Id, string Name, IReadOnlyList<string> Roles, DateTimeOffset? ExpiresAt, string Key);

/// <summary>
/// Makes, rotates and revokes keys inside the caller's transaction, so that the key and whatever it is for stand or fall
/// together. Each act goes through <see cref="RecordAsync"/>.
/// </summary>
internal sealed partial class ApiKeys(
    KeyCache cache, SecretBox secrets, TimeProvider clock, ILogger<ApiKeys> logger)
{
    public const int MaxNameLength = 200;

    // No row comes back where the expiry has passed, by the database's clock.
    private const string Insert =
        """
        INSERT INTO optout.api_key (key_id, name, roles, secret_hash, created_by, expires_at)
        SELECT $1, $2, $3, $4, $5, $6::timestamptz WHERE $6::timestamptz IS NULL OR $6::timestamptz > now()
        RETURNING key_id
        """;

    // Two secrets at most are valid at once: a second rotation ends the overlap of the first.
    private const string RotateSecret =
        """
        UPDATE optout.api_key
        SET previous_secret_hash = secret_hash, previous_expires_at = now() + make_interval(secs => $3), secret_hash = $2
        WHERE key_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        RETURNING name, roles, expires_at
        """;

    private const string SetRevoked =
        "UPDATE optout.api_key SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = $1 RETURNING key_id";

    /// <summary>Makes a key; null where <paramref name="expiresAt"/> is not in the future of the database's clock.</summary>
    /// <exception cref="ArgumentException">The roles are unknown or may not stand together; check them first.</exception>
    public async Task<IssuedKey?> IssueAsync(
        NpgsqlTransaction transaction,
        string name,
        IReadOnlyList<string> roles,
        DateTimeOffset? expiresAt,
        string actor,
        CancellationToken cancellationToken)
    {
        if (!Roles.TryParse(roles, out var parsed) || parsed.Conflict)
            throw new ArgumentException("These roles make no key.", nameof(roles));

        var words = Roles.WordsOf(parsed.Set, parsed.SystemName);
        var id = ApiKeyText.NewId();
        var (key, hash) = ApiKeyText.NewSecret(id);
        await using var command = Command(transaction, Insert, id, name, words.ToArray(), hash, actor);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = (object?)expiresAt?.ToUniversalTime() ?? DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.TimestampTz,
        });
        if (await command.ExecuteScalarAsync(cancellationToken) is null) return null;
        await RecordAsync(transaction, LedgerKinds.KeyMade, id, actor, cancellationToken);
        return new IssuedKey(id, name, words, expiresAt, key);
    }

    /// <summary>A new secret under the same id; the old one holds for the overlap. Null: no such key, or it no longer holds.</summary>
    public async Task<IssuedKey?> RotateAsync(
        NpgsqlTransaction transaction, string id, TimeSpan overlap, string actor, CancellationToken cancellationToken)
    {
        var (key, hash) = ApiKeyText.NewSecret(id);
        IssuedKey issued;
        await using (var command = Command(transaction, RotateSecret, id, hash, overlap.TotalSeconds))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken)) return null;
            DateTimeOffset? expiresAt = reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2);
            issued = new IssuedKey(id, reader.GetString(0), reader.GetFieldValue<string[]>(1), expiresAt, key);
        }

        await RecordAsync(transaction, LedgerKinds.KeyRotated, id, actor, cancellationToken);
        return issued;
    }

    /// <summary>Ends a key for good; repeating it is no fault. False: no such key.</summary>
    public async Task<bool> RevokeAsync(
        NpgsqlTransaction transaction, string id, string actor, CancellationToken cancellationToken)
    {
        await using var command = Command(transaction, SetRevoked, id);
        if (await command.ExecuteScalarAsync(cancellationToken) is null) return false;
        await RecordAsync(transaction, LedgerKinds.KeyRevoked, id, actor, cancellationToken);
        return true;
    }

    /// <summary>Call after the commit of a change: this replica then holds to it at once, the others within two seconds.</summary>
    public void Changed(string id) => cache.Forget(id);

    // The one place through which every act on a key passes, in its transaction.
    private async Task RecordAsync(
        NpgsqlTransaction transaction, string kind, string keyId, string actor, CancellationToken cancellationToken)
    {
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        var payload = CanonicalJson.ToBytes(new CanonicalObject
        {
            { "actor", actor }, { "keyId", keyId }, { "kind", kind }, { "type", "optout.key/1" },
        });
        var leaf = LedgerEntry.ForConfiguration(
            new LedgerFacts(kind, LedgerEntry.RecordOfKey(keyId), 0, actor, now), payload, secrets);
        await LedgerPending.InsertAsync(transaction.Connection!, transaction, [leaf], cancellationToken);
        LogAct(kind, keyId, actor);
    }

    private static NpgsqlCommand Command(NpgsqlTransaction transaction, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    [LoggerMessage(405, LogLevel.Information, "{Act}: {KeyId} by {Actor}")]
    private partial void LogAct(string act, string keyId, string actor);
}
