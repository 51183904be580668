using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Incidents;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Audit.Findings.Endpoints;

/// <summary>What people do about findings. None of it cures one: only the facts do.</summary>
internal sealed class FindingActs(
    IDbContextFactory<OptOutDbContext> contexts, ApprovalDesk approvals, FindingLeaf leaf)
{
    /// <summary>Longer than this needs a second person.</summary>
    public const int AloneSeconds = 86_400;

    public const int MinSeconds = 60;
    public const int MaxSeconds = 30 * 86_400;

    public static readonly ProblemKind Closed = new(409, "finding_closed", "The finding is closed.",
        "It was cured; there is nothing left to take or to silence.");

    private const string TakeRow =
        """
        UPDATE optout.finding SET acknowledged_at = now(), acknowledged_by = $2, acknowledged_reason = $3
        WHERE finding_id = $1 AND closed_at IS NULL AND acknowledged_at IS NULL
        """;

    private const string SilenceRow =
        """
        UPDATE optout.finding
        SET silenced_until = now() + $2 * interval '1 second', silenced_by = $3, silenced_reason = $4
        WHERE finding_id = $1 AND closed_at IS NULL
        """;

    /// <summary>Somebody takes it: it is raised no more. Taking what is taken changes nothing.</summary>
    public async Task<IResult> AcknowledgeAsync(
        HttpContext http, Guid id, AcknowledgeFinding request, CancellationToken cancellationToken)
    {
        if (!RegistryText.IsName(request.Reason)) return ReasonInvalid();
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        if (await FindAsync(transaction, id, cancellationToken) is not { } finding) return ProblemKinds.NotFound.With();
        if (finding.ClosedAt is not null) return Closed.With();
        var actor = http.Caller().Actor;
        await using var take = Command(transaction, TakeRow,
            Sql.Value(id), Sql.Value(actor), Sql.Value(request.Reason));
        if (await take.ExecuteNonQueryAsync(cancellationToken) > 0)
        {
            finding = (await FindAsync(transaction, id, cancellationToken))!;
            await transaction.CommitAsync(
                leaf.Acted(LedgerKinds.FindingAcknowledged, finding, actor, transaction.DatabaseNow,
                    new CanonicalObject { { "reason", request.Reason } }),
                cancellationToken);
        }

        return TypedResults.Json(finding, FindingsJson.Strict.FindingView);
    }

    /// <summary>Nobody is reminded for a while. For longer than a day, or under an integrity lock, two people say so.</summary>
    public async Task<IResult> SilenceAsync(
        HttpContext http, Guid id, SilenceFinding request, CancellationToken cancellationToken)
    {
        if (!RegistryText.IsName(request.Reason)) return ReasonInvalid();
        if (request.Seconds is < MinSeconds or > MaxSeconds)
            return ProblemKinds.ValidationFailed.At("/seconds", "out_of_range", $"{MinSeconds} to {MaxSeconds}.");
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        if (await FindAsync(transaction, id, cancellationToken) is not { } finding) return ProblemKinds.NotFound.With();
        if (finding.ClosedAt is not null) return Closed.With();
        var actor = http.Caller().Actor;
        if (request.Seconds > AloneSeconds || await IntegrityLock.IsOnAsync(transaction.Connection, cancellationToken))
        {
            var pending = JsonSerializer.Serialize(
                new PendingSilence(request.Seconds, request.Reason), FindingsJson.Strict.PendingSilence);
            return await approvals.AskAsync(http, transaction,
                new ApprovalRequest(ApprovedSilence.ActName, finding.Id, pending, actor), cancellationToken);
        }

        var entry = await SilenceAsync(transaction, id, request.Seconds, request.Reason, actor, cancellationToken);
        await transaction.CommitAsync(entry!, cancellationToken);
        return TypedResults.Json((await FindAsync(id, cancellationToken))!, FindingsJson.Strict.FindingView);
    }

    /// <summary>The act itself, in the given transaction; its leaf, or null where the finding is gone or cured.</summary>
    public async Task<LedgerEntry?> SilenceAsync(
        RegistryTransaction transaction, Guid id, int seconds, string reason, string actor, CancellationToken cancellationToken)
    {
        await using var silence = Command(transaction, SilenceRow,
            Sql.Value(id), Sql.Value(seconds), Sql.Value(actor), Sql.Value(reason));
        if (await silence.ExecuteNonQueryAsync(cancellationToken) == 0) return null;
        var finding = (await FindAsync(transaction, id, cancellationToken))!;
        return leaf.Acted(LedgerKinds.FindingSilenced, finding, actor, transaction.DatabaseNow, new CanonicalObject
        {
            { "reason", reason }, { "seconds", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        });
    }

    private static Problem ReasonInvalid() =>
        ProblemKinds.ValidationFailed.At("/reason", "text_invalid", RegistryText.Rule);

    private static async Task<FindingView?> FindAsync(
        RegistryTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        await using var command = Command(transaction, FindingQueries.One, Sql.Value(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? FindingQueries.Read(reader) : null;
    }

    private async Task<FindingView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        return await FindAsync(transaction, id, cancellationToken);
    }

    private static NpgsqlCommand Command(RegistryTransaction transaction, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, transaction.Connection, transaction.Transaction);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
