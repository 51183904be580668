using System.Globalization;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Subjects.Erasure;

/// <summary>
/// Forgets a person: their key first, so that nothing that is left anywhere can be read; then values and openings; and a leaf
/// that says so. Each step may be repeated, so an end in between is gone over again. It works under the eraser's login.
/// </summary>
internal sealed class ErasureRun(
    DatabaseOptions options, Databases databases, SubjectKeys keys, SecretBox secrets, TimeProvider clock)
{
    private const int PageSize = 20;

    /// <summary>Those whose deliveries are all closed, or whose time is over.</summary>
    private const string Due =
        """
        SELECT e.erasure_id, e.open FROM (
            SELECT e.erasure_id, e.requested_at, e.due_at, (
                SELECT count(*)::int FROM optout.subject s
                JOIN optout.subject m ON m.subject_id = s.survivor_id
                    OR (m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id)
                JOIN optout.opt_out_version v ON v.subject_id = m.subject_id AND v.version = 1
                JOIN optout.delivery d ON d.opt_out_id = v.opt_out_id
                JOIN optout.open_delivery o ON o.delivery_id = d.delivery_id
                WHERE s.subject_id = e.subject_id) AS open
            FROM optout.erasure e WHERE e.state = 'waiting') e
        WHERE e.open = 0 OR e.due_at <= now()
        ORDER BY e.requested_at LIMIT $1
        """;

    private const string Claim =
        """
        UPDATE optout.erasure e SET members = ARRAY(
            SELECT m.subject_id FROM optout.subject s
            JOIN optout.subject m ON m.subject_id = s.survivor_id
                OR (m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id)
            WHERE s.subject_id = e.subject_id)
        WHERE e.erasure_id = $1 AND e.state = 'waiting' RETURNING e.members
        """;

    private const string DestroyKeys = "DELETE FROM optout.subject_key WHERE subject_id = ANY ($1)";

    private const string EmptyValues =
        "UPDATE optout.identifier SET value_ciphertext = NULL WHERE subject_id = ANY ($1) AND value_ciphertext IS NOT NULL";

    private const string RemoveOpenings = "DELETE FROM ledger.opening WHERE subject_id = ANY ($1)";

    private const string Finish =
        """
        UPDATE optout.erasure SET state = 'erased', erased_at = $2, ledger_entry_id = $3, open_deliveries = $4
        WHERE erasure_id = $1
        """;

    /// <summary>Does what can be done; returns how many.</summary>
    public async Task<int> RoundAsync(CancellationToken cancellationToken)
    {
        List<(Guid Id, int Open)> due = [];
        await using (var command = databases.Main.CreateCommand(Due))
        {
            command.Parameters.Add(Sql.Value(PageSize));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                due.Add((reader.GetGuid(0), reader.GetInt32(1)));
        }

        foreach (var (id, open) in due)
            await EraseAsync(id, open, cancellationToken);
        return due.Count;
    }

    private async Task EraseAsync(Guid erasureId, int open, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(options.Eraser, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ClaimAsync(connection, erasureId, cancellationToken) is not { } members)
            return;

        await DestroyKeysAsync(members, cancellationToken);
        keys.Forget(members);
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        var (identifiers, openings) = (
            await ExecuteAsync(connection, EmptyValues, cancellationToken, Sql.Uuids(members)),
            await ExecuteAsync(connection, RemoveOpenings, cancellationToken, Sql.Uuids(members)));
        var leaf = Leaf(erasureId, identifiers, openings, open, now);
        await ExecuteAsync(connection, Finish, cancellationToken,
            Sql.Value(erasureId), Sql.Value(now), Sql.Value(leaf.Id), Sql.Value(open));
        await LedgerPending.InsertAsync(connection, transaction, [leaf], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The leaf names the erasure and no person; its opening holds counts only.</summary>
    private LedgerEntry Leaf(Guid erasureId, int identifiers, int openings, int open, DateTimeOffset now) =>
        LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.Erased, erasureId, 0, "svc:eraser", now, Outcome: open == 0 ? "told" : "overdue"),
            CanonicalJson.ToBytes(new CanonicalObject
            {
                { "identifiers", identifiers.ToString(CultureInfo.InvariantCulture) },
                { "openDeliveries", open.ToString(CultureInfo.InvariantCulture) },
                { "openings", openings.ToString(CultureInfo.InvariantCulture) },
                { "type", "optout.erasure/1" },
            }),
            secrets);

    private static async Task<Guid[]?> ClaimAsync(
        NpgsqlConnection connection, Guid erasureId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Claim, connection);
        command.Parameters.Add(Sql.Value(erasureId));
        return (Guid[]?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private async Task DestroyKeysAsync(Guid[] members, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(options.KeysEraser, cancellationToken);
        await ExecuteAsync(connection, DestroyKeys, cancellationToken, Sql.Uuids(members));
    }

    private static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Rare work of a login of its own: no pool is kept for it.</summary>
    private static async Task<NpgsqlConnection> OpenAsync(string login, CancellationToken cancellationToken)
    {
        var hardened = Databases.Harden(login, "optout-eraser");
        hardened.Pooling = false;
        hardened.Options = Databases.SessionSettings;
        var connection = new NpgsqlConnection(hardened.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
