using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>
/// What stands for many people at once, in one round trip. The database is asked every time, so an answer that is begun
/// after a stop was answered says so, on every replica.
/// </summary>
internal sealed class SuppressionQueries(Databases databases)
{
    /// <summary>First, so that the moment it names is not later than what the other statements see.</summary>
    private const string Moment =
        """
        SELECT clock_timestamp(), pg_snapshot_xmin(pg_current_snapshot())::text, revision FROM optout.registry_revision
        """;

    /// <summary>
    /// What stands for the subject a.subject_id and for everyone who turned out to be the same person. A version stands
    /// where it is the newest of its opt-out and says so. OFFSET 0 keeps each step a look-up by index.
    /// </summary>
    internal const string OfSubject =
        """
        CROSS JOIN LATERAL (
            SELECT s.survivor_id AS subject_id FROM optout.subject s WHERE s.subject_id = a.subject_id
            UNION ALL
            SELECT m.subject_id FROM optout.subject s
            JOIN optout.subject m ON m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id
            WHERE s.subject_id = a.subject_id OFFSET 0) g
        CROSS JOIN LATERAL (
            SELECT v.* FROM optout.opt_out_version v WHERE v.subject_id = g.subject_id AND v.state = 'opted_out'
            AND NOT EXISTS (SELECT FROM optout.opt_out_version n
                WHERE n.opt_out_id = v.opt_out_id AND n.version > v.version) OFFSET 0) v
        """;

    private const string Columns =
        """
        a.place, v.opt_out_id, v.version, v.purpose, v.channel, least(v.occurred_at, v.recorded_at),
            v.subject_id = a.subject_id
        """;

    private const string ByLookupHash =
        $"""
        SELECT {Columns} FROM (
            SELECT i.subject_id, w.place FROM unnest($1, $2) AS w(hash, place) CROSS JOIN LATERAL (
                SELECT subject_id FROM optout.identifier WHERE lookup_hash = w.hash OFFSET 0) i OFFSET 0) a
        {OfSubject}
        """;

    private const string ByFeedHash =
        $"""
        SELECT {Columns} FROM (
            SELECT i.subject_id, w.place FROM unnest($1, $2) AS w(hash, place) CROSS JOIN LATERAL (
                SELECT subject_id FROM optout.identifier WHERE feed_hash = w.hash OFFSET 0) i OFFSET 0) a
        {OfSubject}
        """;

    private const string BySubject =
        $"""
        SELECT {Columns} FROM unnest($1, $2) AS a(subject_id, place)
        {OfSubject}
        """;

    public async Task<Standing> StandingAsync(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Moment));
        AddHashes(batch, ByLookupHash, questions, static question => question.LookupHashes);
        AddHashes(batch, ByFeedHash, questions, static question => question.FeedHashes);
        AddSubjects(batch, questions);

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (asOf, sequence, revision) =
            (reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetInt64(2));
        var found = new List<StandingStop>?[questions.Count];
        while (await reader.NextResultAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                (found[reader.GetInt32(0)] ??= []).Add(Read(reader));
        }

        return new Standing(found, asOf, sequence, revision);
    }

    private static StandingStop Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(1), reader.GetInt32(2), new Scope(reader.GetString(3), reader.GetString(4)),
        reader.GetFieldValue<DateTimeOffset>(5), reader.GetBoolean(6));

    private static void AddHashes(
        NpgsqlBatch batch, string sql, IReadOnlyList<Question> questions, Func<Question, byte[][]> hashesOf)
    {
        var hashes = new List<byte[]>(questions.Count);
        var places = new List<int>(questions.Count);
        for (var place = 0; place < questions.Count; place++)
        {
            foreach (var hash in hashesOf(questions[place]))
            {
                hashes.Add(hash);
                places.Add(place);
            }
        }

        if (hashes.Count > 0)
            batch.BatchCommands.Add(Sql.Command(sql, Sql.Byteas([.. hashes]), Sql.Integers([.. places])));
    }

    private static void AddSubjects(NpgsqlBatch batch, IReadOnlyList<Question> questions)
    {
        var subjects = new List<Guid>();
        var places = new List<int>();
        for (var place = 0; place < questions.Count; place++)
        {
            if (questions[place].SubjectId is not { } subject)
                continue;
            subjects.Add(subject);
            places.Add(place);
        }

        if (subjects.Count > 0)
            batch.BatchCommands.Add(Sql.Command(BySubject, Sql.Uuids([.. subjects]), Sql.Integers([.. places])));
    }
}
