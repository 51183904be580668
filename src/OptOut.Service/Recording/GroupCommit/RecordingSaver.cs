using System.Text;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Access;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Propagation;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Recording.Deciding;
using OptOut.Service.Subjects;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>
/// Writes what a batch decided: records, deliveries, work rows, leaves and answers in one round trip of array
/// statements, inside the transaction that read it. New subjects' keys are durable when it returns, and so before the
/// commit.
/// </summary>
internal sealed class RecordingSaver(SubjectKeys subjectKeys, IdentifierHasher hasher)
{
    private const string InsertSubjects =
        """
        INSERT INTO optout.subject (subject_id, survivor_id, synthetic, created_at)
        SELECT s, s, y, c FROM unnest($1, $2, $3) AS t(s, y, c)
        """;

    private const string InsertIdentifiers =
        """
        INSERT INTO optout.identifier (identifier_id, subject_id, type, lookup_key_id, lookup_hash,
            feed_key_id, feed_hash, value_ciphertext, rules_version, created_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    private const string MergeSubjects =
        """
        UPDATE optout.subject s SET survivor_id = t.survivor
        FROM unnest($1, $2) AS t(loser, survivor)
        WHERE s.subject_id = t.loser OR (s.survivor_id = t.loser AND s.survivor_id <> s.subject_id)
        """;

    private const string InsertVersions =
        """
        INSERT INTO optout.opt_out_version (opt_out_id, version, subject_id, purpose, channel, state, occurred_at,
            recorded_at, actor_type, actor_id, origin_system, origin_method, reason_code, regime, synthetic,
            record_hash, ledger_entry_id, recorded_by, trace_parent)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        """;

    private const string InsertDeliveries =
        """
        INSERT INTO optout.delivery (delivery_id, opt_out_id, version, system_id, state, recorded_at, apply_by,
            closed_at, reason_code)
        SELECT d, o, v, s, CASE WHEN h THEN 'pending' ELSE 'no_match' END, r, now() + a * interval '1 second',
            CASE WHEN h THEN NULL ELSE r END, CASE WHEN h THEN NULL ELSE 'no_identifier' END
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS t(d, o, v, s, h, r, a)
        """;

    /// <summary>Due times are the database's: its clock is the one that every replica shares.</summary>
    private const string InsertOpenDeliveries =
        """
        INSERT INTO optout.open_delivery (delivery_id, system_id, opt_out_id, version, part, due_at, apply_by)
        SELECT d, s, o, v, p, now(), now() + a * interval '1 second'
        FROM unnest($1, $2, $3, $4, $5, $6) AS t(d, s, o, v, p, a)
        """;

    /// <summary>
    /// Who only repeats what somebody else recorded may read it from then on. The one who recorded it needs no row.
    /// </summary>
    private const string InsertReaffirmations =
        """
        INSERT INTO optout.reaffirmation (opt_out_id, reaffirmed_by)
        SELECT DISTINCT o, b FROM unnest($1, $2) AS t(o, b)
        WHERE NOT EXISTS (SELECT FROM optout.opt_out_version v WHERE v.opt_out_id = t.o AND v.recorded_by = t.b)
        ORDER BY o, b
        ON CONFLICT DO NOTHING
        """;

    // Asked twice at once is asked once.
    private const string InsertErasures =
        """
        INSERT INTO optout.erasure (erasure_id, subject_id, requested_by, requested_at, due_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5) ON CONFLICT (subject_id) DO NOTHING
        """;

    private const string UseTokens =
        "UPDATE optout.reversal_token SET used_at = now() WHERE token_hash = ANY ($1) AND used_at IS NULL";

    private const string InsertAnswers =
        """
        INSERT INTO optout.idempotency (caller, operation, key, request_digest, status, etag, location, body, created_at)
        SELECT c, o, k, d, s, e, l, b, now() FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS t(c, o, k, d, s, e, l, b)
        ON CONFLICT (caller, operation, key) DO UPDATE SET request_digest = excluded.request_digest,
            status = excluded.status, etag = excluded.etag, location = excluded.location, body = excluded.body,
            created_at = excluded.created_at
        WHERE idempotency.created_at <= now() - interval '24 hours'
        """;

    public async Task SaveAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        Drafts drafts,
        IReadOnlyList<(IdempotencyClaim Claim, RecordingAnswer Answer)> answers,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var created = drafts.Subjects.ConvertAll(s => (s.Subject.Id, SubjectKey.Create()));
        var keys = await KeysAsync(drafts, created, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        AddSubjects(batch, drafts, keys);
        AddVersions(batch, drafts);
        AddReaffirmations(batch, drafts.Reaffirmed);
        AddDeliveries(batch, [.. drafts.Versions.SelectMany(
            v => v.Deliveries.Where(d => d.Origin is null).Select(d => (Version: v, Delivery: d)))]);
        OriginDeliveries.AddTo(batch, Told(drafts), keys);
        if (drafts.Erasures.Count > 0)
            AddErasures(batch, drafts.Erasures);
        LedgerPending.AddTo(batch, [.. Leaves(drafts, keys)]);
        var used = drafts.UsedTokens.Count > 0 ? Sql.Command(UseTokens, Sql.Byteas([.. drafts.UsedTokens])) : null;
        if (used is not null)
            batch.BatchCommands.Add(used);
        var stored = AddAnswers(batch, answers);
        if (batch.BatchCommands.Count == 0)
            return;

        // Two databases at the same time: the rows are nobody's until the commit, which comes after both.
        await Task.WhenAll(
            subjectKeys.StoreAsync(created, now, cancellationToken), batch.ExecuteNonQueryAsync(cancellationToken));
        // Fewer rows than asked for: another replica spent the token or stored the answer first.
        if (used is not null && used.RecordsAffected != drafts.UsedTokens.Count)
            throw new BatchConflictException();
        if (stored is not null && stored.RecordsAffected != answers.Count)
            throw new BatchConflictException();
    }

    private async Task<IReadOnlyDictionary<Guid, SubjectKey>> KeysAsync(
        Drafts drafts, List<(Guid SubjectId, SubjectKey Key)> created, CancellationToken cancellationToken)
    {
        var known = drafts.Owners.Where(o => !o.IsNew).Select(o => o.Id).ToHashSet();
        var keys = new Dictionary<Guid, SubjectKey>(await subjectKeys.LoadAsync(known, cancellationToken));
        foreach (var (subjectId, key) in created)
            keys.Add(subjectId, key);
        return keys;
    }

    private void AddSubjects(NpgsqlBatch batch, Drafts drafts, IReadOnlyDictionary<Guid, SubjectKey> keys)
    {
        if (drafts.Subjects.Count > 0)
            batch.BatchCommands.Add(Sql.Command(InsertSubjects,
                Sql.Uuids([.. drafts.Subjects.Select(s => s.Subject.Id)]),
                Sql.Booleans([.. drafts.Subjects.Select(s => s.Synthetic)]),
                Sql.Times([.. drafts.Subjects.Select(s => s.At)])));
        if (drafts.Identifiers.Count > 0)
            AddIdentifiers(batch, drafts.Identifiers, keys);
        if (drafts.Merges.Count > 0)
            AddMerges(batch, drafts.Merges);
    }

    private void AddIdentifiers(
        NpgsqlBatch batch, List<IdentifierDraft> drafts, IReadOnlyDictionary<Guid, SubjectKey> keys)
    {
        // In hash order, so that two replicas adding the same people wait in line instead of in a circle.
        var rows = drafts
            .Select(d => (Draft: d, Id: Guid.CreateVersion7(d.At), d.Lookup,
                Feed: hasher.Current(KeyUse.Feed, d.Identifier.Type, d.Identifier.Value)))
            .OrderBy(r => r.Lookup.Value, ByteOrder.Instance)
            .ToList();
        batch.BatchCommands.Add(Sql.Command(InsertIdentifiers,
            Sql.Uuids([.. rows.Select(r => r.Id)]),
            Sql.Uuids([.. rows.Select(r => r.Draft.Owner.Id)]),
            Sql.Texts([.. rows.Select(r => r.Draft.Identifier.Type)]),
            Sql.Texts([.. rows.Select(r => r.Lookup.KeyId)]),
            Sql.Byteas([.. rows.Select(r => r.Lookup.Value)]),
            Sql.Texts([.. rows.Select(r => r.Feed.KeyId)]),
            Sql.Byteas([.. rows.Select(r => r.Feed.Value)]),
            // A person who was erased has no key: the keyed hash stops them all the same, and no value is kept.
            Sql.Byteas([.. rows.Select(r => keys.TryGetValue(r.Draft.Owner.Id, out var key)
                ? IdentifierValue.Encrypt(key, r.Id, r.Draft.Identifier.Value)
                : null)]),
            Sql.Smallints([.. rows.Select(r => r.Draft.Identifier.RulesVersion)]),
            Sql.Times([.. rows.Select(r => r.Draft.At)])));
    }

    /// <summary>One statement a merge: a chain within the batch must be followed in its order.</summary>
    private static void AddMerges(NpgsqlBatch batch, List<MergeDraft> merges)
    {
        foreach (var merge in merges)
            batch.BatchCommands.Add(Sql.Command(MergeSubjects, Sql.Uuids([merge.LoserId]), Sql.Uuids([merge.Survivor.Id])));
    }

    private static void AddErasures(NpgsqlBatch batch, List<ErasureDraft> erasures) =>
        batch.BatchCommands.Add(Sql.Command(InsertErasures,
            Sql.Uuids([.. erasures.Select(e => e.Row.ErasureId)]),
            Sql.Uuids([.. erasures.Select(e => e.Row.SubjectId)]),
            Sql.Texts([.. erasures.Select(e => e.Context.Actor)]),
            Sql.Times([.. erasures.Select(e => e.Row.RequestedAt)]),
            Sql.Times([.. erasures.Select(e => e.Row.DueAt)])));

    private static void AddVersions(NpgsqlBatch batch, Drafts drafts)
    {
        if (drafts.Versions.Count == 0)
            return;

        var records = drafts.Versions.ConvertAll(v => v.Record);
        batch.BatchCommands.Add(Sql.Command(InsertVersions,
            Sql.Uuids([.. records.Select(r => r.OptOutId)]),
            Sql.Integers([.. records.Select(r => r.Version)]),
            Sql.Uuids([.. records.Select(r => r.SubjectId)]),
            Sql.Texts([.. records.Select(r => r.Scope.Purpose)]),
            Sql.Texts([.. records.Select(r => r.Scope.Channel)]),
            Sql.Texts([.. records.Select(r => r.State)]),
            Sql.Times([.. records.Select(r => r.OccurredAt)]),
            Sql.Times([.. records.Select(r => r.RecordedAt)]),
            Sql.Texts([.. records.Select(r => r.ActorType)]),
            Sql.Texts([.. records.Select(r => r.ActorId)]),
            Sql.Texts([.. records.Select(r => r.OriginSystem)]),
            Sql.Texts([.. records.Select(r => r.OriginMethod)]),
            Sql.Texts([.. records.Select(r => r.ReasonCode)]),
            Sql.Texts([.. records.Select(r => r.Regime)]),
            Sql.Booleans([.. records.Select(r => r.Synthetic)]),
            Sql.Byteas([.. records.Select(r => r.RecordHash)]),
            Sql.Uuids([.. records.Select(r => r.LedgerEntryId)]),
            Sql.Texts([.. drafts.Versions.Select(v => v.Context.Actor)]),
            Sql.Texts([.. drafts.Versions.Select(v => v.Context.TraceParent)])));
    }

    private static void AddReaffirmations(NpgsqlBatch batch, List<ReaffirmedDraft> drafts)
    {
        var readers = drafts.Where(d => Caller.IsNamedBy(d.Context.Actor)).ToList();
        if (readers.Count > 0)
            batch.BatchCommands.Add(Sql.Command(InsertReaffirmations,
                Sql.Uuids([.. readers.Select(d => d.Record.OptOutId)]),
                Sql.Texts([.. readers.Select(d => d.Context.Actor)])));
    }

    private static void AddDeliveries(NpgsqlBatch batch, (VersionDraft Version, DeliveryDraft Delivery)[] rows)
    {
        if (rows.Length == 0)
            return;

        batch.BatchCommands.Add(Sql.Command(InsertDeliveries,
            Sql.Uuids([.. rows.Select(r => r.Delivery.Id)]),
            Sql.Uuids([.. rows.Select(r => r.Version.Record.OptOutId)]),
            Sql.Integers([.. rows.Select(r => r.Version.Record.Version)]),
            Sql.Integers([.. rows.Select(r => r.Delivery.SystemId)]),
            Sql.Booleans([.. rows.Select(r => r.Delivery.HasIdentifier)]),
            Sql.Times([.. rows.Select(r => r.Version.Record.RecordedAt)]),
            Sql.Integers([.. rows.Select(r => r.Delivery.ObjectiveSeconds)])));

        var open = rows.Where(r => r.Delivery.HasIdentifier).ToArray();
        if (open.Length == 0)
            return;

        batch.BatchCommands.Add(Sql.Command(InsertOpenDeliveries,
            Sql.Uuids([.. open.Select(r => r.Delivery.Id)]),
            Sql.Integers([.. open.Select(r => r.Delivery.SystemId)]),
            Sql.Uuids([.. open.Select(r => r.Version.Record.OptOutId)]),
            Sql.Integers([.. open.Select(r => r.Version.Record.Version)]),
            Sql.Smallints([.. open.Select(r => Partition.Of(r.Version.Owner.Id))]),
            Sql.Integers([.. open.Select(r => r.Delivery.ObjectiveSeconds)])));
    }

    private static List<OriginDelivery> Told(Drafts drafts) =>
    [
        .. drafts.Versions.SelectMany(v => v.Deliveries.Where(d => d.Origin is not null).Select(d => new OriginDelivery(
            d.Id, v.Record.OptOutId, v.Record.Version, v.Record.RecordHash, d.ObjectiveSeconds, v.Record.RecordedAt,
            v.Record.OccurredAt, v.Owner.Id, d.Origin!))),
    ];

    private static IEnumerable<LedgerEntry> Leaves(Drafts drafts, IReadOnlyDictionary<Guid, SubjectKey> keys)
    {
        foreach (var (owner, record, kind, payload, context, _) in drafts.Versions)
            yield return LedgerEntry.ForSubject(record.LedgerEntryId,
                new LedgerFacts(kind, record.OptOutId, record.Version, context.Actor, record.RecordedAt),
                payload, owner.Id, keys.GetValueOrDefault(owner.Id));
        foreach (var (owner, record, context, at) in drafts.Reaffirmed)
            yield return LedgerEntry.ForSubject(Guid.CreateVersion7(at),
                new LedgerFacts(LedgerKinds.Reaffirmed, record.OptOutId, record.Version, context.Actor, at),
                record.RecordHash, owner.Id, keys.GetValueOrDefault(owner.Id));
        foreach (var (loserId, survivor, context, at) in drafts.Merges)
            yield return LedgerEntry.ForSubject(Guid.CreateVersion7(at),
                new LedgerFacts(LedgerKinds.Merged, loserId, 0, context.Actor, at),
                MergePayload(loserId, survivor.Id), survivor.Id, keys.GetValueOrDefault(survivor.Id));
    }

    private static byte[] MergePayload(Guid loserId, Guid survivorId) => CanonicalJson.ToBytes(new CanonicalObject
    {
        { "loser", loserId.ToString("N") },
        { "survivor", survivorId.ToString("N") },
        { "type", "optout.merge/1" },
    });

    private static NpgsqlBatchCommand? AddAnswers(
        NpgsqlBatch batch, IReadOnlyList<(IdempotencyClaim Claim, RecordingAnswer Answer)> answers)
    {
        if (answers.Count == 0)
            return null;

        var command = Sql.Command(InsertAnswers,
            Sql.Texts([.. answers.Select(a => a.Claim.Caller)]),
            Sql.Texts([.. answers.Select(a => a.Claim.Operation)]),
            Sql.Texts([.. answers.Select(a => a.Claim.Key)]),
            Sql.Byteas([.. answers.Select(a => a.Claim.Digest)]),
            Sql.Integers([.. answers.Select(a => a.Answer.Status)]),
            Sql.Texts([.. answers.Select(a => a.Answer.ETag)]),
            Sql.Texts([.. answers.Select(a => a.Answer.Location)]),
            Sql.Byteas([.. answers.Select(a => a.Answer.Body)]));
        batch.BatchCommands.Add(command);
        return command;
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
