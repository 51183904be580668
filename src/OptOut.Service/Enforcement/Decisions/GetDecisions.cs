using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary><c>GET /v1/opt-outs/{id}/decisions</c>: what was blocked under an opt-out, and what slipped through; oldest first.</summary>
internal static class GetDecisions
{
    private const string Page =
        """
        SELECT decision_id, version, purpose, channel, outcome, mode, at, effective_from, recorded_at, asked_by, message_id,
            ledger_entry_id
        FROM optout.decision WHERE opt_out_id = $1 AND decision_id > $2 ORDER BY decision_id LIMIT $3
        """;

    private const string Exists = "SELECT 1 FROM optout.opt_out_version WHERE opt_out_id = $1 AND version = 1";

    public static async Task<IResult> HandleAsync(HttpContext http, string id, Databases databases, ICursors cursors)
    {
        var filters = "decisions:" + id;
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId))
            return ProblemKinds.NotFound.With();

        var after = page.Position is { Length: 16 } position ? new Guid(position, bigEndian: true) : Guid.Empty;
        var found = await ReadAsync(databases, optOutId, after, page.Limit + 1, http.RequestAborted);
        if (found.Count == 0 && !await ExistsAsync(databases, optOutId, http.RequestAborted))
            return ProblemKinds.NotFound.With();

        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            next = found[^1].Id.ToByteArray(bigEndian: true);
        }

        return Paging.Answer(http, cursors, filters, found.ConvertAll(row => row.View), next,
            EnforcementJson.Strict.ListAnswerDecisionView);
    }

    private static async Task<List<(Guid Id, DecisionView View)>> ReadAsync(
        Databases databases, Guid optOutId, Guid after, int limit, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Page);
        command.Parameters.Add(Sql.Value(optOutId));
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<(Guid, DecisionView)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(0);
            rows.Add((id, new DecisionView(PublicId.Format(EnforcementIds.Decision, id), reader.GetInt32(1),
                reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.GetFieldValue<DateTimeOffset>(6), reader.GetFieldValue<DateTimeOffset>(7),
                reader.GetFieldValue<DateTimeOffset>(8), reader.GetString(9),
                reader.IsDBNull(10) ? null : reader.GetString(10), reader.GetGuid(11).ToString("N"))));
        }

        return rows;
    }

    private static async Task<bool> ExistsAsync(Databases databases, Guid optOutId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Exists);
        command.Parameters.Add(Sql.Value(optOutId));
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }
}
