using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Background;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>Wakes this process's import worker.</summary>
internal sealed class ImportSignal : WakeSignal;

/// <summary>Lets a received file be worked: at once, or after a second person's word where it is large.</summary>
internal sealed class ImportStart(
    IDbContextFactory<OptOutDbContext> contexts, SecretBox secrets, ImportSignal signal, TimeProvider clock)
{
    private const string Received =
        """
        UPDATE optout.import_job SET state = $2, file_digest = $3, file_bytes = $4, rows = $5, chunks = $6
        WHERE import_id = $1 AND state = 'receiving'
        """;

    private const string Approved =
        """
        UPDATE optout.import_job SET state = 'running', approval_id = $2 WHERE import_id = $1 AND state = 'awaiting_approval'
        """;

    /// <summary>The job is running with this commit, which also writes its leaf.</summary>
    public async Task RunAsync(
        Guid id, string format, ReceivedFile file, string actor, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        await MarkAsync(transaction, id, ImportStore.Running, file, cancellationToken);
        await transaction.CommitAsync(Leaf(id, format, file.Rows, file.Digest, actor), cancellationToken);
        signal.Wake();
    }

    /// <summary>The job waits; the answer names the approval.</summary>
    public async Task<IResult> AskAsync(
        HttpContext http, ApprovalDesk approvals, Guid id, ReceivedFile file, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        await MarkAsync(transaction, id, ImportStore.AwaitingApproval, file, cancellationToken);
        var payload = string.Create(CultureInfo.InvariantCulture,
            $$"""{"rows":{{file.Rows}},"digest":"{{Convert.ToBase64String(file.Digest)}}"}""");
        return await approvals.AskAsync(http, transaction,
            new ApprovalRequest(ApprovedImport.ActName, PublicId.Format(EnforcementIds.Import, id), payload,
                http.Caller().Actor),
            cancellationToken);
    }

    /// <summary>False where the job does not wait any more.</summary>
    public static async Task<bool> ApproveAsync(
        RegistryTransaction transaction, Guid id, Guid approvalId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Approved, transaction.Connection, transaction.Transaction);
        command.Parameters.Add(Sql.Value(id));
        command.Parameters.Add(Sql.Value(approvalId));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public LedgerEntry Leaf(Guid id, string format, long rows, byte[] digest, string actor) => LedgerEntry.ForConfiguration(
        new LedgerFacts(LedgerKinds.Imported, id, 0, actor, clock.GetUtcNow(), Outcome: format),
        CanonicalJson.ToBytes(new CanonicalObject
        {
            { "fileDigest", Convert.ToBase64String(digest) },
            { "importId", PublicId.Format(EnforcementIds.Import, id) },
            { "rows", rows.ToString(CultureInfo.InvariantCulture) },
            { "type", "optout.import/1" },
        }), secrets);

    private static async Task MarkAsync(
        RegistryTransaction transaction, Guid id, string state, ReceivedFile file, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Received, transaction.Connection, transaction.Transaction);
        command.Parameters.Add(Sql.Value(id));
        command.Parameters.Add(Sql.Value(state));
        command.Parameters.Add(Sql.Value(file.Digest));
        command.Parameters.Add(Sql.Value(file.Bytes));
        command.Parameters.Add(Sql.Value(file.Rows));
        command.Parameters.Add(Sql.Value(file.Chunks));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>A second person lets a large file in: a mass of stops can be an attack on a sender.</summary>
internal sealed class ApprovedImport(ImportStore store, ImportStart start, ImportSignal signal) : IApprovedAct
{
    public const string ActName = "import.run";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Operator;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        if (!PublicId.TryParse(request.Target, EnforcementIds.Import, out var id)
            || await store.FindAsync(id, cancellationToken) is not { FileDigest: { } digest } job
            || !await ImportStart.ApproveAsync(transaction, id, request.ApprovalId, cancellationToken))
            return ActOutcome.Refused(ApprovalProblems.Stale.With());
        return ActOutcome.Done(start.Leaf(id, job.Settings.Format, job.Rows, digest, request.ApprovedBy), () =>
        {
            signal.Wake();
            return Task.CompletedTask;
        });
    }
}
