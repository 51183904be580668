using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>
/// Tells which units of a batch name somebody whom another session holds: a replica that hangs, or a long statement of an
/// operator. Those are refused for now, so that one person who is held does not hold up everybody.
/// </summary>
internal sealed class HeldPeople(Databases databases, IdentifierHasher hasher)
{
    private const string IsHeld =
        $"""
        WITH touched AS MATERIALIZED (SELECT DISTINCT t.survivor_id FROM ({RecordingLoader.Touched}) t),
        free AS (
            SELECT subject_id FROM optout.subject WHERE subject_id IN (SELECT survivor_id FROM touched)
            FOR NO KEY UPDATE SKIP LOCKED)
        SELECT (SELECT count(*) FROM touched) > (SELECT count(*) FROM free)
        """;

    /// <summary>One answer a unit, in order. The locks that the question takes go with it.</summary>
    public async Task<bool[]> AskAsync(IReadOnlyList<RecordingWork> works, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var work in works)
        {
            var wanted = Wanted.Of([work], hasher);
            batch.BatchCommands.Add(Sql.Command(
                IsHeld, Sql.Byteas(wanted.Hashes), Sql.Uuids(wanted.Subjects), Sql.Uuids(wanted.OptOuts)));
        }

        var held = new bool[works.Count];
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        for (var i = 0; i < held.Length; i++)
        {
            await reader.ReadAsync(cancellationToken);
            held[i] = reader.GetBoolean(0);
            await reader.NextResultAsync(cancellationToken);
        }

        return held;
    }
}
