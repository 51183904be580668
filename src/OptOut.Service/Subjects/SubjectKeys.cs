using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Subjects;

/// <summary>
/// The subjects' keys: loaded many at a time, kept in memory for minutes. Two generations bound the memory:
/// the older one is dropped when the younger is full or old, so a destroyed key lives on here for ten minutes at most.
/// </summary>
internal sealed class SubjectKeys(Databases databases, SubjectKeyWrap wrap, TimeProvider clock)
{
    private const int GenerationLimit = 50_000;
    private static readonly TimeSpan GenerationAge = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private Dictionary<Guid, SubjectKey> _young = [];
    private Dictionary<Guid, SubjectKey> _old = [];
    private long _youngSince = clock.GetTimestamp();

    /// <summary>The keys of these subjects; one that is missing was destroyed by erasure.</summary>
    public async ValueTask<IReadOnlyDictionary<Guid, SubjectKey>> LoadAsync(
        IReadOnlyCollection<Guid> subjectIds, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<Guid, SubjectKey>(subjectIds.Count);
        var missing = new List<Guid>();
        lock (_lock)
        {
            Age();
            foreach (var id in subjectIds)
            {
                if (_young.TryGetValue(id, out var key) || _old.TryGetValue(id, out key))
                    keys[id] = key;
                else
                    missing.Add(id);
            }
        }

        if (missing.Count > 0)
            await LoadMissingAsync([.. missing], keys, cancellationToken);
        return keys;
    }

    /// <summary>Stores new keys durably. It comes before the rows that need them: a key without a row harms nobody.</summary>
    public async Task StoreAsync(
        IReadOnlyList<(Guid SubjectId, SubjectKey Key)> created, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (created.Count == 0)
            return;

        var ids = new Guid[created.Count];
        var keyIds = new string[created.Count];
        var wrapped = new byte[created.Count][];
        for (var i = 0; i < created.Count; i++)
        {
            ids[i] = created[i].SubjectId;
            (keyIds[i], wrapped[i]) = wrap.Wrap(created[i].SubjectId, created[i].Key);
        }

        await using var command = databases.Keys.CreateCommand(
            """
            INSERT INTO optout.subject_key (subject_id, key_id, wrapped, created_at)
            SELECT s, k, w, $4 FROM unnest($1, $2, $3) AS t(s, k, w)
            """);
        command.Parameters.Add(Sql.Uuids(ids));
        command.Parameters.Add(Sql.Texts(keyIds));
        command.Parameters.Add(Sql.Byteas(wrapped));
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellationToken);
        lock (_lock)
        {
            foreach (var (id, key) in created)
                Keep(id, key);
        }
    }

    /// <summary>Destroyed: this process does not use them from here on.</summary>
    public void Forget(IReadOnlyCollection<Guid> subjectIds)
    {
        lock (_lock)
        {
            foreach (var id in subjectIds)
            {
                _young.Remove(id);
                _old.Remove(id);
            }
        }
    }

    private async Task LoadMissingAsync(
        Guid[] missing, Dictionary<Guid, SubjectKey> keys, CancellationToken cancellationToken)
    {
        await using var command = databases.Keys.CreateCommand(
            "SELECT subject_id, key_id, wrapped FROM optout.subject_key WHERE subject_id = ANY ($1)");
        command.Parameters.Add(Sql.Uuids(missing));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(0);
            try
            {
                keys[id] = wrap.Unwrap(id, reader.GetString(1), reader.GetFieldValue<byte[]>(2));
            }
            catch (CryptographicException)
            {
                // One damaged key must not keep everyone else's from being read; its owner counts as without one.
            }
        }

        lock (_lock)
        {
            foreach (var id in missing)
            {
                if (keys.TryGetValue(id, out var key))
                    Keep(id, key);
            }
        }
    }

    private void Keep(Guid id, SubjectKey key)
    {
        if (_young.Count >= GenerationLimit)
            Turn(_young);
        _young[id] = key;
    }

    /// <summary>Looked at with each use, since a key that is found here again and again is never kept anew.</summary>
    private void Age()
    {
        var age = clock.GetElapsedTime(_youngSince);
        if (age > GenerationAge)
            Turn(age > 2 * GenerationAge ? [] : _young);
    }

    private void Turn(Dictionary<Guid, SubjectKey> old)
    {
        _old = old;
        _young = [];
        _youngSince = clock.GetTimestamp();
    }
}
