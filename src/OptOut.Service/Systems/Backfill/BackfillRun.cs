using System.Text.Json;
using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Backfill;

/// <summary>
/// Takes backfills a page further. The place is stored with the page, so a crash repeats nothing; a lock of each system's
/// own lets replicas share the work without doing any of it twice.
/// </summary>
internal sealed class BackfillRun(
    Databases databases, PurposeDirectory purposes, WidenedRetelling retelling, TimeProvider clock)
{
    // The second pass waits until no writer can still hold a registry without the system.
    private const string Unfinished =
        """
        SELECT t.system_id FROM optout.system_status t JOIN optout.system s USING (system_id)
        WHERE t.backfill_finished_at IS NULL AND s.state <> 'retired' AND (t.backfill_pass = 1 OR t.backfill_until <= now())
        ORDER BY t.system_id
        """;

    // An advisory lock of a class that nothing else uses, since acknowledgements update the status row all the time and
    // must not wait for a page. A page joins lists of its own, which our connections' planner settings would make slow.
    private const string Claim =
        "SELECT pg_try_advisory_xact_lock(7268, $1) AND set_config('enable_hashjoin', 'on', true) = 'on'";

    private const string Load =
        """
        SELECT s.contract::text, t.backfill_pass, t.backfill_after, t.backfill_until, t.widened_types, t.widened_at
        FROM optout.system_status t JOIN optout.system s USING (system_id)
        WHERE t.system_id = $1 AND t.backfill_finished_at IS NULL AND s.state <> 'retired'
          AND (t.backfill_pass = 1 OR t.backfill_until <= now())
        """;

    // A contract that was widened meanwhile has begun a backfill of its own: then this page counts for nothing.
    private const string Advance =
        """
        UPDATE optout.system_status
        SET backfill_after = CASE WHEN $4 THEN NULL ELSE $5 END,
            backfill_done = backfill_done + $6,
            backfill_pass = CASE WHEN $4 THEN 2 ELSE backfill_pass END,
            backfill_finished_at = CASE WHEN $4 AND backfill_pass = 2 THEN $7 END
        WHERE system_id = $1 AND backfill_pass = $2 AND backfill_until = $3
        """;

    /// <summary>One page for each system that has some left. Returns how many pages were done.</summary>
    public async Task<int> RoundAsync(CancellationToken cancellationToken)
    {
        var pages = 0;
        foreach (var systemId in await UnfinishedAsync(cancellationToken))
            if (await PageAsync(systemId, cancellationToken)) pages++;
        return pages;
    }

    private async Task<List<int>> UnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Unfinished);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<int>();
        while (await reader.ReadAsync(cancellationToken)) ids.Add(reader.GetInt32(0));
        return ids;
    }

    private async Task<bool> PageAsync(int systemId, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await ClaimAsync(transaction, systemId, cancellationToken)) return false;
        if (await LoadAsync(transaction, systemId, cancellationToken) is not { } state) return false;
        var scopes = await ScopesAsync(state.Contract, cancellationToken);
        var now = clock.GetUtcNow();
        var request = new PageRequest(systemId, state.Contract, scopes, state.After, now);
        // Before the page and its place are stored: a crash in between repeats the question, whose answer is then empty.
        if (state.WidenedTypes.Length > 0)
            await retelling.RunAsync(transaction, request, state.WidenedTypes, state.WidenedAt, cancellationToken);
        var result = await BackfillPage.RunAsync(transaction, request, cancellationToken);
        await using var advance = Command(transaction, Advance, Sql.Value(systemId), Sql.Value(state.Pass),
            Sql.Value(state.Until), Sql.Value(result.Last), Sql.Value(result.Through), Sql.Value(result.Told), Sql.Value(now));
        await advance.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static async Task<bool> ClaimAsync(
        NpgsqlTransaction transaction, int systemId, CancellationToken cancellationToken)
    {
        await using var command = Command(transaction, Claim, Sql.Value(systemId));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // Read after the lock: another replica may just have finished this page.
    private static async Task<State?> LoadAsync(
        NpgsqlTransaction transaction, int systemId, CancellationToken cancellationToken)
    {
        await using var command = Command(transaction, Load, Sql.Value(systemId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        return new State(
            JsonSerializer.Deserialize(reader.GetString(0), SystemsJson.Strict.SystemContract)!,
            reader.GetInt16(1),
            reader.IsDBNull(2) ? Guid.Empty : reader.GetGuid(2),
            reader.GetFieldValue<DateTimeOffset>(3),
            reader.IsDBNull(4) ? [] : reader.GetFieldValue<string[]>(4),
            reader.IsDBNull(5) ? default : reader.GetFieldValue<DateTimeOffset>(5));
    }

    // The rule stands in ScopeRules alone: here it is spelt out for the statement. Bounded by purposes times channels.
    private async Task<IReadOnlyList<ToldScope>> ScopesAsync(SystemContract contract, CancellationToken cancellationToken)
    {
        var tree = await purposes.FreshAsync(cancellationToken);
        return
        [
            .. from purpose in tree.ByName.Values
               from channel in Channels.All
               let scope = new Scope(purpose.Name, channel)
               where ScopeRules.Touches(contract.Purposes, contract.Channels, scope)
               select new ToldScope(scope, contract.ObjectiveSeconds ?? purpose.ObjectiveSeconds),
        ];
    }

    private static NpgsqlCommand Command(NpgsqlTransaction transaction, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private sealed record State(SystemContract Contract, short Pass, Guid After, DateTimeOffset Until,
        string[] WidenedTypes, DateTimeOffset WidenedAt);
}
