using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Service.Recording.Deciding;
using OptOut.Service.Systems;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>An idempotent answer of the past, with the digest of the body that it answered.</summary>
internal sealed record StoredAnswer(byte[] Digest, RecordingAnswer Answer);

/// <summary>What a batch has read.</summary>
internal sealed record LoadedBatch(RecordingBook Book, IReadOnlyDictionary<IdempotencyKey, StoredAnswer> Answers);

internal readonly record struct IdempotencyKey(string Caller, string Operation, string Key);

/// <summary>
/// Reads everything that a batch of commands touches, in one round trip, and locks the people it touches:
/// another replica that writes about one of them waits for this batch's commit.
/// </summary>
internal sealed class RecordingLoader(IdentifierHasher hasher, PurposeDirectory purposes, SystemDirectory systems)
{
    /// <summary>
    /// The transaction's own bound on waiting for a lock comes with it: everybody waits as long as the one writer does.
    /// </summary>
    private const string Revision =
        "SELECT revision, set_config('lock_timeout', '1s', true) FROM optout.registry_revision";

    /// <summary>The survivors of everyone a batch names, by hash ($1), subject ($2) or opt-out ($3).</summary>
    internal const string Touched =
        """
        SELECT s.survivor_id FROM optout.subject s WHERE s.subject_id IN (
            SELECT subject_id FROM optout.identifier WHERE lookup_hash = ANY ($1)
            UNION ALL SELECT unnest($2::uuid[])
            UNION ALL SELECT subject_id FROM optout.opt_out_version WHERE opt_out_id = ANY ($3) AND version = 1)
        """;

    /// <summary>Ordered, so that two replicas never wait for each other in a circle.</summary>
    private const string LockSurvivors =
        $"""
        SELECT subject_id, survivor_id FROM optout.subject WHERE subject_id IN ({Touched})
        ORDER BY subject_id FOR NO KEY UPDATE
        """;

    private const string Members =
        $"""
        WITH touched AS ({Touched})
        SELECT m.subject_id, m.survivor_id FROM optout.subject m WHERE m.subject_id IN (SELECT survivor_id FROM touched)
        UNION ALL
        SELECT m.subject_id, m.survivor_id FROM optout.subject m
        WHERE m.survivor_id IN (SELECT survivor_id FROM touched) AND m.survivor_id <> m.subject_id
        """;

    private const string Identifiers =
        $"""
        SELECT i.subject_id, i.type, i.lookup_key_id, i.lookup_hash
        FROM optout.identifier i WHERE i.subject_id IN (SELECT subject_id FROM ({Members}) x)
        """;

    private static readonly string Versions =
        $"""
        SELECT {RecordReader.Columns}, r.*
        FROM (SELECT DISTINCT ON (v.subject_id, v.purpose, v.channel) v.*
              FROM optout.opt_out_version v WHERE v.subject_id IN (SELECT subject_id FROM ({Members}) x)
              ORDER BY v.subject_id, v.purpose, v.channel, v.version DESC) v,
             LATERAL ({RecordReader.RollUp}) r
        """;

    private const string Tokens =
        """
        SELECT token_hash, subject_id, purpose, channel, used_at IS NULL AND expires_at > now()
        FROM optout.reversal_token WHERE token_hash = ANY ($1)
        """;

    private const string Answers =
        """
        SELECT i.caller, i.operation, i.key, i.request_digest, i.status, i.body, i.etag, i.location
        FROM unnest($1, $2, $3) AS k(caller, operation, key) JOIN optout.idempotency i USING (caller, operation, key)
        WHERE i.created_at > now() - interval '24 hours'
        """;

    public async Task<LoadedBatch> LoadAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<RecordingWork> works,
        CancellationToken cancellationToken)
    {
        var wanted = Wanted.Of(works, hasher);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Revision));
        foreach (var sql in (ReadOnlySpan<string>)[LockSurvivors, Members, Identifiers, Versions])
            batch.BatchCommands.Add(Sql.Command(sql,
                Sql.Byteas(wanted.Hashes), Sql.Uuids(wanted.Subjects), Sql.Uuids(wanted.OptOuts)));
        if (wanted.Tokens.Length > 0)
            batch.BatchCommands.Add(Sql.Command(Tokens, Sql.Byteas(wanted.Tokens)));
        if (wanted.Claims.Length > 0)
            batch.BatchCommands.Add(Sql.Command(Answers,
                Sql.Texts([.. wanted.Claims.Select(c => c.Caller)]),
                Sql.Texts([.. wanted.Claims.Select(c => c.Operation)]),
                Sql.Texts([.. wanted.Claims.Select(c => c.Key)])));

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var revision = reader.GetInt64(0);
        // Both are in memory unless the registry has moved since.
        var book = new RecordingBook(
            await purposes.AtAsync(revision, cancellationToken), await systems.AtAsync(revision, cancellationToken));

        var locked = await ReadLockedAsync(reader, cancellationToken);
        await ReadMembersAsync(reader, book, locked, cancellationToken);
        await ReadIdentifiersAsync(reader, book, cancellationToken);
        await ReadVersionsAsync(reader, book, cancellationToken);
        if (wanted.Tokens.Length > 0)
            await ReadTokensAsync(reader, book, cancellationToken);
        var answers = wanted.Claims.Length > 0 ? await ReadAnswersAsync(reader, cancellationToken) : [];
        return new LoadedBatch(book, answers);
    }

    private static async Task<HashSet<Guid>> ReadLockedAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var locked = new HashSet<Guid>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // Merged away while we waited for the lock: look again.
            if (reader.GetGuid(0) != reader.GetGuid(1))
                throw new BatchConflictException();
            locked.Add(reader.GetGuid(0));
        }

        return locked;
    }

    private static async Task ReadMembersAsync(
        NpgsqlDataReader reader, RecordingBook book, HashSet<Guid> locked, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var survivorId = reader.GetGuid(1);
            // Made by another replica after our lock statement had looked: not ours to decide about until we hold it.
            if (!locked.Contains(survivorId))
                throw new BatchConflictException();
            var survivor = book.BySubject(survivorId) ?? book.Add(new SubjectState(survivorId, isNew: false));
            book.AddMember(reader.GetGuid(0), survivor);
        }
    }

    private static async Task ReadIdentifiersAsync(
        NpgsqlDataReader reader, RecordingBook book, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var subject = book.BySubject(reader.GetGuid(0)) ?? throw new BatchConflictException();
            subject.AddIdentifier(reader.GetString(1));
            book.AddHash(new KeyedHash(reader.GetString(2), reader.GetFieldValue<byte[]>(3)), subject);
        }
    }

    private static async Task ReadVersionsAsync(
        NpgsqlDataReader reader, RecordingBook book, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var record = RecordReader.Read(reader);
            book.Put(book.BySubject(record.SubjectId) ?? throw new BatchConflictException(), record);
        }
    }

    private static async Task ReadTokensAsync(
        NpgsqlDataReader reader, RecordingBook book, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            book.AddToken(reader.GetFieldValue<byte[]>(0), new TokenState(
                reader.GetGuid(1), new Scope(reader.GetString(2), reader.GetString(3)), reader.GetBoolean(4)));
        }
    }

    private static async Task<Dictionary<IdempotencyKey, StoredAnswer>> ReadAnswersAsync(
        NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var answers = new Dictionary<IdempotencyKey, StoredAnswer>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            answers[new IdempotencyKey(reader.GetString(0), reader.GetString(1), reader.GetString(2))] = new StoredAnswer(
                reader.GetFieldValue<byte[]>(3),
                new RecordingAnswer(reader.GetInt32(4), reader.GetFieldValue<byte[]>(5),
                    reader.IsDBNull(6) ? null : reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetString(7)));
        }

        return answers;
    }
}
