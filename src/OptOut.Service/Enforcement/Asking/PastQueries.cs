using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>What stood for people at given times, and what stands now: for reports that come after the fact.</summary>
internal sealed class PastQueries(Databases databases)
{
    private const string Columns =
        """
        a.place, v.opt_out_id, v.version, v.purpose, v.channel, least(v.occurred_at, v.recorded_at),
            v.subject_id = a.subject_id
        """;

    /// <summary>The versions that say stop and were the newest of their opt-out at a.at, or are the newest now.</summary>
    private const string OfSubject =
        """
        CROSS JOIN LATERAL (
            SELECT s.survivor_id AS subject_id FROM optout.subject s WHERE s.subject_id = a.subject_id
            UNION ALL
            SELECT m.subject_id FROM optout.subject s
            JOIN optout.subject m ON m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id
            WHERE s.subject_id = a.subject_id OFFSET 0) g
        CROSS JOIN LATERAL (
            SELECT v.* FROM optout.opt_out_version v WHERE v.subject_id = g.subject_id AND v.state = 'opted_out'
            AND NOT EXISTS (SELECT FROM optout.opt_out_version n WHERE n.opt_out_id = v.opt_out_id
                AND n.version > v.version AND (n.recorded_at <= a.at OR least(v.occurred_at, v.recorded_at) > a.at)) OFFSET 0) v
        """;

    private const string ByHash =
        $"""
        SELECT {Columns} FROM (
            SELECT i.subject_id, w.place, w.at FROM unnest($1, $2, $3) AS w(hash, place, at) CROSS JOIN LATERAL (
                SELECT subject_id FROM optout.identifier WHERE lookup_hash = w.hash OFFSET 0) i OFFSET 0) a
        {OfSubject}
        """;

    private const string ByFeedHash =
        $"""
        SELECT {Columns} FROM (
            SELECT i.subject_id, w.place, w.at FROM unnest($1, $2, $3) AS w(hash, place, at) CROSS JOIN LATERAL (
                SELECT subject_id FROM optout.identifier WHERE feed_hash = w.hash OFFSET 0) i OFFSET 0) a
        {OfSubject}
        """;

    private const string BySubject =
        $"""
        SELECT {Columns} FROM unnest($1, $2, $3) AS a(subject_id, place, at)
        {OfSubject}
        """;

    /// <summary>For each question what stood at its time or stands now; null where nothing did.</summary>
    public async Task<List<StandingStop>?[]> StoodAsync(
        IReadOnlyList<(Question Question, DateTimeOffset At)> questions, CancellationToken cancellationToken)
    {
        var found = new List<StandingStop>?[questions.Count];
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        AddHashes(batch, ByHash, questions, static question => question.LookupHashes);
        AddHashes(batch, ByFeedHash, questions, static question => question.FeedHashes);
        var bySubject = questions.Index().Where(q => q.Item.Question.SubjectId is not null).ToList();
        if (bySubject.Count > 0)
            batch.BatchCommands.Add(Sql.Command(BySubject,
                Sql.Uuids([.. bySubject.Select(q => q.Item.Question.SubjectId!.Value)]),
                Sql.Integers([.. bySubject.Select(q => q.Index)]),
                Sql.Times([.. bySubject.Select(q => q.Item.At)])));
        if (batch.BatchCommands.Count == 0)
            return found;

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                (found[reader.GetInt32(0)] ??= []).Add(new StandingStop(
                    reader.GetGuid(1), reader.GetInt32(2), new Scope(reader.GetString(3), reader.GetString(4)),
                    reader.GetFieldValue<DateTimeOffset>(5), reader.GetBoolean(6)));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));
        return found;
    }

    private static void AddHashes(
        NpgsqlBatch batch, string sql, IReadOnlyList<(Question Question, DateTimeOffset At)> questions,
        Func<Question, byte[][]> hashesOf)
    {
        var rows = questions.Index()
            .SelectMany(q => hashesOf(q.Item.Question).Select(hash => (Hash: hash, Place: q.Index, q.Item.At))).ToList();
        if (rows.Count > 0)
            batch.BatchCommands.Add(Sql.Command(sql, Sql.Byteas([.. rows.Select(r => r.Hash)]),
                Sql.Integers([.. rows.Select(r => r.Place)]), Sql.Times([.. rows.Select(r => r.At)])));
    }
}
