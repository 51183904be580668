using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Recording;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Systems.Backfill;

/// <summary>
/// A contract that names a further identifier type has more to hear about people it was told before. What was told is
/// evidence and is not told anew: each such stop gets a new version, for this system alone.
/// </summary>
internal sealed class WidenedRetelling(RecordingWriter writer)
{
    /// <summary>Commands a unit of work, so that stops of today find room between them.</summary>
    private const int ChunkSize = 50;

    private static readonly RecordingContext Context = new("svc:backfill", null);

    // What was never sent will go with the contract as it is now; what closed for want of an identifier the page opens.
    private static readonly string ToldWithLess =
        $"""
        SELECT v.opt_out_id, v.version
        FROM (SELECT opt_out_id FROM optout.opt_out_version WHERE version = 1 AND opt_out_id > $2
              ORDER BY opt_out_id LIMIT {BackfillPage.Size}) first
        CROSS JOIN LATERAL (SELECT * FROM optout.opt_out_version n WHERE n.opt_out_id = first.opt_out_id
              ORDER BY n.version DESC LIMIT 1) v
        JOIN optout.subject s ON s.subject_id = v.subject_id
        JOIN unnest($3::text[], $4::text[]) AS t (purpose, channel) ON t.purpose = v.purpose AND t.channel = v.channel
        JOIN optout.delivery d ON d.opt_out_id = v.opt_out_id AND d.version = v.version AND d.system_id = $1
        WHERE v.state = 'opted_out' AND NOT v.synthetic AND NOT s.synthetic AND d.recorded_at <= $6
          AND (d.state <> 'pending' OR d.attempts > 0)
          AND d.reason_code IS DISTINCT FROM '{BackfillPage.NoIdentifier}'
          AND EXISTS (
            SELECT FROM (
                SELECT s.survivor_id AS subject_id
                UNION ALL
                SELECT m.subject_id FROM optout.subject m
                WHERE m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id) person
            JOIN optout.identifier i ON i.subject_id = person.subject_id
            WHERE i.type = ANY ($5) AND octet_length(i.value_ciphertext) > 0)
        """;

    /// <summary>Writes the new versions of one page; throws where the writer has no room, and the page is done later.</summary>
    public async Task RunAsync(
        NpgsqlTransaction transaction,
        PageRequest page,
        string[] types,
        DateTimeOffset widenedAt,
        CancellationToken cancellationToken)
    {
        foreach (var chunk in (await FindAsync(transaction, page, types, widenedAt, cancellationToken)).Chunk(ChunkSize))
        {
            var work = new RecordingWork(chunk, null, _ => new RecordingAnswer(StatusCodes.Status200OK, []));
            if ((await writer.SubmitAsync(work, cancellationToken)).Status != SubmitStatus.Finished)
                throw new TimeoutException("The writer has no room.");
        }
    }

    private static async Task<List<RetellCommand>> FindAsync(
        NpgsqlTransaction transaction,
        PageRequest page,
        string[] types,
        DateTimeOffset widenedAt,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ToldWithLess, transaction.Connection, transaction);
        command.Parameters.Add(Sql.Value(page.SystemId));
        command.Parameters.Add(Sql.Value(page.After));
        command.Parameters.Add(Sql.Texts([.. page.Scopes.Select(s => s.Scope.Purpose)]));
        command.Parameters.Add(Sql.Texts([.. page.Scopes.Select(s => s.Scope.Channel)]));
        command.Parameters.Add(Sql.Texts(types));
        command.Parameters.Add(Sql.Value(widenedAt));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<RetellCommand>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(new RetellCommand(reader.GetGuid(0), reader.GetInt32(1), page.SystemId, Context));
        return found;
    }
}
