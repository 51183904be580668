using Npgsql;
using OptOut.Contracts;

namespace OptOut.Subscriber.Mirroring;

/// <summary>
/// A table of standing stops in the system's own database, kept by the events it is told: for queries and reporting tools
/// that cannot ask a gate. It is as current as what this system has acknowledged. Whoever is about to send asks a gate.
/// </summary>
public sealed class PostgresMirror
{
    /// <summary>
    /// Tables, functions and the view <c>optout_stopped</c>, for teams whose migrations run under another login than the
    /// application. Made at first use where they are missing and the login may.
    /// </summary>
    public const string SchemaSql =
        """
        CREATE TABLE IF NOT EXISTS optout_mirror (
            opt_out_id  text        PRIMARY KEY,
            version     integer     NOT NULL CHECK (version > 0),
            stopped     boolean     NOT NULL,
            purpose     text        NOT NULL,
            channel     text        NOT NULL,
            recorded_at timestamptz NOT NULL,
            mirrored_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE IF NOT EXISTS optout_mirror_identifier (
            opt_out_id  text NOT NULL REFERENCES optout_mirror ON DELETE CASCADE,
            type        text NOT NULL,
            form        text NOT NULL,
            value       text NOT NULL,
            PRIMARY KEY (opt_out_id, type, form, value)
        );
        CREATE INDEX IF NOT EXISTS optout_mirror_identifier_value ON optout_mirror_identifier (value, type);

        CREATE OR REPLACE VIEW optout_stopped AS
        SELECT i.type AS identifier_type, i.form AS identifier_form, i.value AS identifier, m.purpose, m.channel,
            m.opt_out_id, m.version, m.recorded_at AS since
        FROM optout_mirror m JOIN optout_mirror_identifier i USING (opt_out_id)
        WHERE m.stopped;

        -- Every text under which a stop of this identifier may stand here: in the clear or hashed, and without a plus-tag,
        -- since a stop on the untagged address covers its tagged forms.
        CREATE OR REPLACE FUNCTION optout_forms(type text, value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT array_agg(form) || array_agg(encode(sha256(convert_to(form, 'UTF8')), 'hex'))
            FROM (
                SELECT DISTINCT unnest(CASE WHEN type = 'email'
                    THEN ARRAY[canonical, regexp_replace(canonical, '^("?[^+@"][^+@"]*)\+[^@]*?("?@[^@]*)$', '\1\2')]
                    ELSE ARRAY[canonical] END) AS form
                FROM (SELECT CASE WHEN type = 'email' THEN lower(btrim(value)) ELSE btrim(value) END AS canonical) c) f
        $$;

        -- The same as one condition; the planner writes it out and so finds the index.
        CREATE OR REPLACE FUNCTION optout_is_form(type text, value text, identifier text) RETURNS boolean
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT identifier = ANY (optout_forms(type, value))';
        """;

    private const string ExistsSql =
        "SELECT to_regclass('optout_stopped') IS NOT NULL AND to_regproc('optout_is_form') IS NOT NULL";

    // Two processes that make the tables at once would collide in the catalogue.
    private const string MakeLockSql = "SELECT pg_advisory_xact_lock(7306923190546166)";

    /// <summary>The version fence once more: whatever the order of calls, a newer version is never overwritten.</summary>
    private const string VersionSql =
        """
        INSERT INTO optout_mirror (opt_out_id, version, stopped, purpose, channel, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (opt_out_id) DO UPDATE SET version = excluded.version, stopped = excluded.stopped,
            purpose = excluded.purpose, channel = excluded.channel, recorded_at = excluded.recorded_at, mirrored_at = now()
        WHERE optout_mirror.version <= excluded.version
        """;

    private const string IdentifiersSql =
        """
        INSERT INTO optout_mirror_identifier (opt_out_id, type, form, value)
        SELECT $1, i.type, i.form, i.value FROM unnest($2::text[], $3::text[], $4::text[]) AS i (type, form, value)
        ON CONFLICT DO NOTHING
        """;

    // Nobody needs the identifiers of a stop that was lifted; the next stop brings them again.
    private const string ForgetSql = "DELETE FROM optout_mirror_identifier WHERE opt_out_id = $1";

    // The stop stands on after an erasure, under hashes alone.
    private const string EraseSql =
        """
        WITH gone AS (
            DELETE FROM optout_mirror_identifier WHERE opt_out_id = $1 AND form = 'plain' RETURNING type, value)
        INSERT INTO optout_mirror_identifier (opt_out_id, type, form, value)
        SELECT $1, type, 'sha256', encode(sha256(convert_to(value, 'UTF8')), 'hex') FROM gone
        ON CONFLICT DO NOTHING
        """;

    private readonly NpgsqlDataSource _database;
    private volatile bool _made;

    /// <summary>In this database, under the login of the application.</summary>
    public PostgresMirror(NpgsqlDataSource database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
    }

    /// <summary>Brings the mirror to this version; one that is older than what is there changes nothing.</summary>
    /// <returns>How many identifiers stand under the stop in this notice.</returns>
    public async Task<int> ApplyAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        if (!_made) await MakeAsync(cancellationToken);
        var data = notice.Data;
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ExecuteAsync(transaction, VersionSql, cancellationToken, data.OptOutId, data.Version, notice.IsStop,
            data.Scope.Purpose, data.Scope.Channel, data.RecordedAt) > 0)
        {
            if (notice.IsStop)
                await ExecuteAsync(transaction, IdentifiersSql, cancellationToken, data.OptOutId,
                    data.Identifiers.Select(i => i.Type).ToArray(),
                    data.Identifiers.Select(i => WireNames.Of(i.Form)).ToArray(),
                    data.Identifiers.Select(i => i.Value).ToArray());
            else
                await ExecuteAsync(transaction, ForgetSql, cancellationToken, data.OptOutId);
            if (notice.IsErasure) await ExecuteAsync(transaction, EraseSql, cancellationToken, data.OptOutId);
        }

        await transaction.CommitAsync(cancellationToken);
        return notice.IsStop ? data.Identifiers.Count : 0;
    }

    /// <summary>Makes what is missing, for an application that wants to query before it is told anything.</summary>
    public async Task MakeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(transaction, MakeLockSql, cancellationToken);
        await using var exists = new NpgsqlCommand(ExistsSql, connection, transaction);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
            await ExecuteAsync(transaction, SchemaSql, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _made = true;
    }

    private static async Task<int> ExecuteAsync(
        NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
