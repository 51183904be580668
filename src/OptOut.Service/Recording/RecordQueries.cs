using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Recording;

/// <summary>Reads records: the public face of this capability for other capabilities too.</summary>
internal sealed class RecordQueries(Databases databases)
{
    private static readonly string Newest =
        $"""
        SELECT {RecordReader.Columns}, r.*
        FROM (SELECT * FROM optout.opt_out_version WHERE opt_out_id = $1 ORDER BY version DESC LIMIT 1) v,
             LATERAL ({RecordReader.RollUp}) r
        WHERE {RecordSight.Sees("$2")}
        """;

    private static readonly string Versions =
        $"""
        SELECT {RecordReader.Columns}, r.*
        FROM (SELECT * FROM optout.opt_out_version WHERE opt_out_id = $1 AND version > $2 ORDER BY version LIMIT $3) v,
             LATERAL ({RecordReader.RollUp}) r
        WHERE {RecordSight.Sees("$4")}
        ORDER BY v.version
        """;

    /// <summary>The newest version of each opt-out of the person and of everyone merged into them, by opt-out id.</summary>
    private static readonly string OfSubject =
        $"""
        SELECT {RecordReader.Columns}, r.*
        FROM (SELECT DISTINCT ON (v.opt_out_id) v.* FROM optout.opt_out_version v
              WHERE v.opt_out_id > $2 AND v.subject_id IN (
                  SELECT m.subject_id FROM optout.subject s
                  JOIN optout.subject m ON m.subject_id = s.survivor_id
                      OR (m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id)
                  WHERE s.subject_id = $1) AND {RecordSight.Sees("$4")}
              ORDER BY v.opt_out_id, v.version DESC LIMIT $3) v,
             LATERAL ({RecordReader.RollUp}) r
        ORDER BY v.opt_out_id
        """;

    /// <summary>The newest version; null where no opt-out in sight has this id.</summary>
    public async Task<RecordState?> NewestAsync(
        Guid optOutId, RecordSight sight, CancellationToken cancellationToken) =>
        (await ReadAsync(Newest, cancellationToken, Sql.Value(optOutId), Sql.Text(sight.OnlyOf))).SingleOrDefault();

    /// <summary>Versions after <paramref name="after"/>, oldest first.</summary>
    public Task<List<RecordState>> VersionsAsync(
        Guid optOutId, int after, int limit, RecordSight sight, CancellationToken cancellationToken) => ReadAsync(
        Versions, cancellationToken, Sql.Value(optOutId), Sql.Value(after), Sql.Value(limit), Sql.Text(sight.OnlyOf));

    /// <summary>The person's opt-outs in sight with ids after <paramref name="after"/>.</summary>
    public Task<List<RecordState>> OfSubjectAsync(
        Guid subjectId, Guid after, int limit, RecordSight sight, CancellationToken cancellationToken) => ReadAsync(
        OfSubject, cancellationToken, Sql.Value(subjectId), Sql.Value(after), Sql.Value(limit), Sql.Text(sight.OnlyOf));

    private async Task<List<RecordState>> ReadAsync(
        string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = databases.Main.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var records = new List<RecordState>();
        while (await reader.ReadAsync(cancellationToken))
            records.Add(RecordReader.Read(reader));
        return records;
    }
}
