using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Recovering;

/// <summary>
/// Takes what the ledger has grown by, with the rows of its acts, into the archive: before anything of it is published, so
/// that what a stranger has seen can always be had back.
/// </summary>
internal sealed class ArchiveWriter(LedgerArchive? archive, Databases databases)
{
    private const int FrameLeaves = 1024;

    // The database writes its own rows as JSON, and reads them back the same way: no column is forgotten here.
    private const string Frame =
        """
        WITH entry AS MATERIALIZED (
            SELECT e.*, CASE WHEN get_byte(e.leaf, 0) = ascii('{') THEN convert_from(e.leaf, 'UTF8')::jsonb END AS said
            FROM ledger.entry e WHERE e.entry_index >= $1 AND e.entry_index < $2),
        version AS MATERIALIZED (
            SELECT v.* FROM entry e JOIN optout.opt_out_version v
                ON v.opt_out_id = (e.said ->> 'record')::uuid AND v.version = (e.said ->> 'version')::int
            WHERE e.said ->> 'kind' IN ('recorded', 'reversed')),
        person AS MATERIALIZED (
            SELECT DISTINCT s.* FROM optout.subject s WHERE s.subject_id IN (
                SELECT subject_id FROM version
                UNION SELECT x.survivor_id FROM version v JOIN optout.subject x ON x.subject_id = v.subject_id))
        SELECT jsonb_build_object(
            'entries', (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'said' ORDER BY e.entry_index), '[]') FROM entry e),
            'openings', (SELECT coalesce(jsonb_agg(to_jsonb(o)), '[]')
                         FROM entry e JOIN ledger.opening o ON o.entry_id = e.entry_id),
            'versions', (SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') FROM version v),
            'subjects', (SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') FROM person p),
            'identifiers', (SELECT coalesce(jsonb_agg(to_jsonb(i)), '[]')
                            FROM person p JOIN optout.identifier i ON i.subject_id = p.subject_id),
            'erasures', (SELECT coalesce(jsonb_agg(to_jsonb(x)), '[]')
                         FROM entry e JOIN optout.erasure x ON x.erasure_id = (e.said ->> 'record')::uuid
                         WHERE e.said ->> 'kind' = 'erased'))::text
        """;

    /// <summary>Before this replica begins to sequence: the archive must not know more than the database.</summary>
    /// <exception cref="LedgerIncidentException">It does: an older backup was restored.</exception>
    public void Start(long size)
    {
        archive?.Reopen();
        if (archive?.End > size)
            throw new LedgerIncidentException(LedgerIncidentException.PublishedAhead);
    }

    /// <summary>Everything up to <paramref name="size"/>; nothing where no archive is kept.</summary>
    public async Task AppendAsync(long size, CancellationToken cancellationToken)
    {
        if (archive is null)
            return;
        while (archive.End < size)
        {
            var (first, end) = (archive.End, Math.Min(size, archive.End + FrameLeaves));
            await using var command = databases.Main.CreateCommand(Frame);
            command.Parameters.Add(Sql.Value(first));
            command.Parameters.Add(Sql.Value(end));
            var json = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
            archive.Append(new ArchiveFrame(first, end, System.Text.Encoding.UTF8.GetBytes(json)));
        }
    }
}
