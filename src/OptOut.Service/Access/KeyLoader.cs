using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Access;

/// <summary>
/// Reads keys from the database. Remaining lifetimes are computed there, so that a replica's own clock decides nothing.
/// </summary>
internal sealed class KeyLoader(Databases databases, TimeProvider clock)
{
    private const string Select =
        """
        SELECT key_id, name, roles, secret_hash, previous_secret_hash,
               extract(epoch FROM expires_at - now())::double precision,
               extract(epoch FROM previous_expires_at - now())::double precision
        FROM optout.api_key
        WHERE key_id = ANY ($1) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        """;

    /// <summary>Those of the ids that name a key which is neither revoked nor expired.</summary>
    public async Task<IReadOnlyList<KnownKey>> LoadAsync(string[] ids, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Select);
        command.Parameters.Add(new NpgsqlParameter { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        // Taken before the statement: a revocation during it is seen no later than one lifetime after it.
        var asked = clock.GetTimestamp();
        var keys = new List<KnownKey>(ids.Length);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!Roles.TryParse(reader.GetFieldValue<string[]>(2), out var roles) || roles.Conflict) continue;
            keys.Add(new KnownKey
            {
                Caller = new Caller(reader.GetString(0), reader.GetString(1), roles),
                SecretHash = reader.GetFieldValue<byte[]>(3),
                PreviousHash = reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4),
                StaleAt = After(asked, timeToLive.TotalSeconds),
                ExpiresAt = reader.IsDBNull(5) ? long.MaxValue : After(asked, reader.GetDouble(5)),
                PreviousExpiresAt = reader.IsDBNull(6) ? long.MinValue : After(asked, reader.GetDouble(6)),
            });
        }

        return keys;
    }

    private long After(long start, double seconds) =>
        seconds > TimeSpan.FromDays(3650).TotalSeconds ? long.MaxValue : start + (long)(seconds * clock.TimestampFrequency);
}
