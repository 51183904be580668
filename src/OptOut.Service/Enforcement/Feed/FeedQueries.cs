using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Enforcement.Feed;

/// <summary>
/// What changed, and what stands. A change only says whose stops moved; what is sent is the state as it is read then, so
/// that a change that is seen twice does no harm and only one that is missed would.
/// </summary>
internal sealed class FeedQueries(Databases databases)
{
    /// <summary>Entries of one event, and identifiers of one page of a transfer.</summary>
    public const int PageSize = 2_000;

    // Executed before whatever follows it in a batch, so that nothing older than this moment can be missed there.
    private const string Moment =
        """
        SELECT (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
            pg_snapshot_xmin(pg_current_snapshot())::text, clock_timestamp(),
            (SELECT revision FROM optout.registry_revision)
        """;

    // A restored dump has numbers of another cluster, which may lie ahead of this one's.
    private const string ChangesSince =
        """
        SELECT v.opt_out_id, v.version, v.subject_id, v.change_xid::text FROM optout.opt_out_version v
        WHERE v.change_xid >= $1 AND v.change_xid < pg_snapshot_xmax(pg_current_snapshot())
        """;

    private const string ChangesBetween =
        """
        SELECT DISTINCT v.subject_id FROM optout.opt_out_version v WHERE v.change_xid >= $1 AND v.change_xid < $2
        """;

    private const string NextBoundary =
        """
        SELECT v.change_xid::text FROM optout.opt_out_version v WHERE v.change_xid >= $1 AND v.change_xid < $2
        ORDER BY v.change_xid OFFSET $3 LIMIT 1
        """;

    /// <summary>The state of the person s.survivor_id: what stands for any of those who turned out to be them.</summary>
    private const string State =
        """
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(DISTINCT v.purpose || '/' || v.channel) FILTER (WHERE v.state = 'opted_out'), '{}'),
                coalesce(sum(v.version), 0)::bigint
            FROM (SELECT s.survivor_id AS subject_id
                UNION ALL SELECT m.subject_id FROM optout.subject m
                WHERE m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id) g
            CROSS JOIN LATERAL (SELECT * FROM optout.opt_out_version x WHERE x.subject_id = g.subject_id
                AND NOT EXISTS (SELECT FROM optout.opt_out_version n
                    WHERE n.opt_out_id = x.opt_out_id AND n.version > x.version) OFFSET 0) v) t(scopes, version)
        """;

    private const string OfSubjects =
        $"""
        SELECT i.feed_key_id, i.feed_hash, t.scopes, t.version
        FROM (SELECT DISTINCT x.survivor_id FROM unnest($1) AS c(id) CROSS JOIN LATERAL (
            SELECT survivor_id FROM optout.subject WHERE subject_id = c.id OFFSET 0) x) s
        {State}
        CROSS JOIN LATERAL (SELECT s.survivor_id AS subject_id
            UNION ALL SELECT m.subject_id FROM optout.subject m
            WHERE m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id) g
        CROSS JOIN LATERAL (SELECT * FROM optout.identifier x WHERE x.subject_id = g.subject_id OFFSET 0) i
        """;

    private const string Page =
        $"""
        SELECT i.feed_key_id, i.feed_hash, t.scopes, t.version, i.identifier_id
        FROM (SELECT * FROM optout.identifier WHERE identifier_id > $1 ORDER BY identifier_id LIMIT $2) i
        CROSS JOIN LATERAL (SELECT survivor_id FROM optout.subject WHERE subject_id = i.subject_id OFFSET 0) s
        {State}
        ORDER BY i.identifier_id
        """;

    public async Task<FeedMoment> MomentAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Moment);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadMomentAsync(reader, cancellationToken);
    }

    /// <summary>A moment, and every version written by transactions from the given one on.</summary>
    public async Task<(FeedMoment Moment, List<FeedChange> Changes)> SinceAsync(
        ulong transaction, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Moment));
        batch.BatchCommands.Add(Sql.Command(ChangesSince, Xid(transaction)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var moment = await ReadMomentAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var changes = new List<FeedChange>();
        while (await reader.ReadAsync(cancellationToken))
            changes.Add(new FeedChange(reader.GetGuid(0), reader.GetInt32(1), reader.GetGuid(2), Number(reader.GetString(3))));
        return (moment, changes);
    }

    /// <summary>
    /// Whose stops were changed by the next few thousand versions from the given transaction on and below the bound, and the
    /// transaction at which to go on; whole transactions always.
    /// </summary>
    public async Task<(Guid[] Subjects, ulong Next)> WindowAsync(
        ulong transaction, ulong bound, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        var next = bound;
        await using (var command = new NpgsqlCommand(NextBoundary, connection))
        {
            command.Parameters.Add(Xid(transaction));
            command.Parameters.Add(Xid(bound));
            command.Parameters.Add(Sql.Value(PageSize));
            if (await command.ExecuteScalarAsync(cancellationToken) is string boundary)
                next = Math.Max(transaction + 1, Number(boundary));
        }

        await using var window = new NpgsqlCommand(ChangesBetween, connection);
        window.Parameters.Add(Xid(transaction));
        window.Parameters.Add(Xid(next));
        await using var reader = await window.ExecuteReaderAsync(cancellationToken);
        var subjects = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
            subjects.Add(reader.GetGuid(0));
        return ([.. subjects], next);
    }

    /// <summary>What stands now for every identifier of these people, tombstones included.</summary>
    public async Task<List<FeedEntry>> EntriesAsync(Guid[] subjects, CancellationToken cancellationToken)
    {
        if (subjects.Length == 0)
            return [];
        await using var command = databases.Main.CreateCommand(OfSubjects);
        command.Parameters.Add(Sql.Uuids(subjects));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<FeedEntry>();
        while (await reader.ReadAsync(cancellationToken))
            entries.Add(Read(reader));
        return entries;
    }

    /// <summary>The next page of all identifiers, with what stands; those under no stop are left out. Null at the end.</summary>
    public async Task<(List<FeedEntry> Entries, Guid Last)?> PageAsync(Guid after, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Page);
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Value(PageSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<FeedEntry>();
        Guid? last = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetGuid(4);
            var entry = Read(reader);
            if (entry.Scopes.Length > 0)
                entries.Add(entry);
        }

        return last is { } end ? (entries, end) : null;
    }

    private static FeedEntry Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<string[]>(2), reader.GetInt64(3));

    private static async Task<FeedMoment> ReadMomentAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        return new FeedMoment(new FeedHistory(reader.GetInt64(0), reader.GetInt32(1)), Number(reader.GetString(2)),
            reader.GetFieldValue<DateTimeOffset>(3), reader.GetInt64(4));
    }

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static NpgsqlParameter<ulong> Xid(ulong value) => new()
    {
        TypedValue = value, NpgsqlDbType = NpgsqlDbType.Xid8,
    };
}
