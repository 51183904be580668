using Microsoft.EntityFrameworkCore;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;

namespace OptOut.Service.Incidents;

/// <summary>Opens and closes incidents: one transaction and one leaf an act.</summary>
internal sealed class IncidentDesk(
    IDbContextFactory<OptOutDbContext> contexts, IncidentQueries incidents, SecretBox secrets, TimeProvider clock)
{
    public const int MaxSummaryLength = 2_000;

    public static readonly ProblemKind Closed = new(409, "incident_closed", "The incident is closed.",
        "A closed incident stays as it is; open another one.");

    private static readonly string[] SeverityWords = ["info", "warning", "critical"];

    private const string Insert =
        """
        INSERT INTO optout.incident (incident_id, title, severity, integrity_lock, opened_by, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """;

    private const string Close =
        """
        UPDATE optout.incident SET closed_by = $2, closed_at = $3, summary = $4
        WHERE incident_id = $1 AND closed_at IS NULL
        """;

    public async Task<IResult> OpenAsync(HttpContext http, NewIncident request, CancellationToken cancellationToken)
    {
        if (!RegistryText.IsName(request.Title))
            return ProblemKinds.ValidationFailed.At("/title", "text_invalid", RegistryText.Rule);
        var severity = request.Severity ?? "critical";
        if (!SeverityWords.Contains(severity))
            return ProblemKinds.ValidationFailed.At("/severity", "invalid_value", "info, warning or critical.");
        var (id, actor) = (Guid.CreateVersion7(clock.GetUtcNow()), http.Caller().Actor);
        var locks = request.IntegrityLock ?? true;
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        await RunAsync(transaction, Insert, cancellationToken, Sql.Value(id), Sql.Value(request.Title), Sql.Value(severity),
            Sql.Value(locks), Sql.Value(actor), Sql.Value(transaction.DatabaseNow));
        await transaction.CommitAsync(OpenedLeaf(secrets, id, request.Title, locks, actor, transaction.DatabaseNow), cancellationToken);
        http.Response.Headers.Location = "/v1/incidents/" + PublicId.Format(IncidentQueries.Prefix, id);
        var view = await incidents.FindAsync(id, cancellationToken);
        return TypedResults.Json(view!, IncidentsJson.Strict.IncidentView, statusCode: StatusCodes.Status201Created);
    }

    public async Task<IResult> CloseAsync(HttpContext http, Guid id, IncidentClosing request, CancellationToken cancellationToken)
    {
        if (request.Summary.Trim().Length is 0 || request.Summary.Length > MaxSummaryLength
            || request.Summary.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
            return ProblemKinds.ValidationFailed.At("/summary", "text_invalid", $"1 to {MaxSummaryLength} characters.");
        var actor = http.Caller().Actor;
        await using (var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken))
        {
            var closed = await RunAsync(transaction, Close, cancellationToken, Sql.Value(id), Sql.Value(actor),
                Sql.Value(transaction.DatabaseNow), Sql.Value(request.Summary));
            if (closed > 0)
                await transaction.CommitAsync(ClosedLeaf(id, request.Summary, actor, transaction.DatabaseNow), cancellationToken);
            else
                return await incidents.FindAsync(id, cancellationToken) is null ? ProblemKinds.NotFound.With() : Closed.With();
        }

        return TypedResults.Json((await incidents.FindAsync(id, cancellationToken))!, IncidentsJson.Strict.IncidentView);
    }

    /// <summary>The leaf of an incident that begins.</summary>
    public static LedgerEntry OpenedLeaf(
        SecretBox secrets, Guid id, string title, bool locks, string actor, DateTimeOffset at) =>
        LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.IncidentOpened, id, 0, actor, Milliseconds.Truncate(at), Outcome: locks ? "locked" : "open"),
            CanonicalJson.ToBytes(new CanonicalObject { { "title", title }, { "type", "optout.incident/1" } }), secrets);

    private LedgerEntry ClosedLeaf(Guid id, string summary, string actor, DateTimeOffset at) =>
        LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.IncidentClosed, id, 0, actor, Milliseconds.Truncate(at)),
            CanonicalJson.ToBytes(new CanonicalObject { { "summary", summary }, { "type", "optout.incident/1" } }), secrets);

    private static async Task<int> RunAsync(
        RegistryTransaction transaction, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction.Transaction);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
