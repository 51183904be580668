using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Incidents;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording;

/// <summary>Under an integrity lock a reversal waits for a second person: while evidence is in doubt a stop is not lifted alone.</summary>
internal sealed class LockedReversals(
    Databases databases, IDbContextFactory<OptOutDbContext> contexts, ApprovalDesk approvals)
{
    /// <summary>The answer to a reversal that has to wait, or null where nothing is locked.</summary>
    public async Task<IResult?> AskAsync(HttpContext http, Guid optOutId, int? version, byte[] tokenHash)
    {
        await using (var connection = await databases.Main.OpenConnectionAsync(http.RequestAborted))
        {
            if (!await IntegrityLock.IsOnAsync(connection, http.RequestAborted)) return null;
        }

        var pending = new PendingReversal(optOutId, version, Convert.ToBase64String(tokenHash));
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, http.RequestAborted);
        return await approvals.AskAsync(http, transaction,
            new ApprovalRequest(ApprovedReversal.ActName, PublicId.Format(PublicId.OptOut, optOutId),
                JsonSerializer.Serialize(pending, ApprovedReversalJson.Strict.PendingReversal), http.Caller().Actor),
            http.RequestAborted);
    }
}
