using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Subjects.Erasure;

/// <summary>An erasure as it stands.</summary>
internal sealed record ErasureRow(
    Guid ErasureId, Guid SubjectId, string State, DateTimeOffset RequestedAt, DateTimeOffset DueAt, int OpenDeliveries,
    DateTimeOffset? ErasedAt, Guid? LedgerEntryId);

/// <summary>Reads erasures.</summary>
internal sealed class ErasureRows(Databases databases)
{
    public const string Waiting = "waiting";
    public const string Erased = "erased";

    /// <summary>The reason of the last version of each stop: what makes its event one of erasure.</summary>
    public const string ReasonCode = "subject_erased";

    /// <summary>However many systems are still open then, the person is forgotten.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    // A person may have been merged since: the question about either is the same question.
    private const string Find =
        """
        SELECT e.erasure_id, e.subject_id, e.state, e.requested_at, e.due_at, e.open_deliveries, e.erased_at, e.ledger_entry_id
        FROM optout.erasure e
        WHERE e.subject_id = $1 OR e.members @> ARRAY[$1]
        ORDER BY e.requested_at LIMIT 1
        """;

    public async Task<ErasureRow?> FindAsync(Guid subjectId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Find);
        command.Parameters.Add(Sql.Value(subjectId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new ErasureRow(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt32(5),
                reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
                reader.IsDBNull(7) ? null : reader.GetGuid(7))
            : null;
    }
}
