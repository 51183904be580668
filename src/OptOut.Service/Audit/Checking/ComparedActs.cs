using Npgsql;

namespace OptOut.Service.Audit.Checking;

/// <summary>An act beside its leaf and its opening.</summary>
/// <param name="Position">Where the next page begins, with <paramref name="Number"/>.</param>
/// <param name="EntryId">The leaf's id.</param>
/// <param name="Leaf">Null where there is none, or none any more.</param>
/// <param name="IsErased">The person was erased, which a leaf of its own says: the opening is lawfully gone.</param>
/// <param name="Record">What the leaf must speak of; null where the row does not say.</param>
/// <param name="Payload">What it must have committed to; null where the row does not say.</param>
/// <param name="RecordHash">The record's own hash, for records.</param>
internal sealed record ComparedAct(
    Guid Position, long Number, Guid EntryId, long? Index, byte[]? Leaf, SealedOpening? Sealed, bool IsErased,
    Guid? Record = null, long Version = 0, byte[]? Payload = null, byte[]? RecordHash = null);

/// <summary>How one sort of act is read beside its leaf, page by page.</summary>
/// <param name="Page">
/// SQL with the last position ($1, $2) and the size of a page ($3); its last columns are entry_id, entry_index, leaf,
/// opening's subject, opening's ciphertext, is erased.
/// </param>
internal sealed record ComparedActs(string Page, Func<NpgsqlDataReader, ComparedAct> Read)
{
    private const string Leaf = "l.entry_id, l.entry_index, l.leaf, o.subject_id, o.ciphertext";

    private const int RecordColumns = 16;
    private const int AcknowledgementColumns = 8;

    private static readonly ComparedActs Records = new(
        $"""
        SELECT {AuditedPayloads.RecordColumns}, v.ledger_entry_id, l.entry_index, l.leaf, o.subject_id, o.ciphertext,
            {Erased("v.subject_id")}
        FROM (SELECT * FROM optout.opt_out_version WHERE (opt_out_id, version) > ($1, $2)
              ORDER BY opt_out_id, version LIMIT $3) v
        LEFT JOIN LATERAL (SELECT entry_index, leaf FROM ledger.leaf WHERE entry_id = v.ledger_entry_id) l ON true
        LEFT JOIN ledger.opening o ON o.entry_id = v.ledger_entry_id
        WHERE $4::text[] IS NOT NULL
        ORDER BY v.opt_out_id, v.version
        """,
        row => Beside(row, RecordColumns, row.GetGuid(0), row.GetInt32(1)) with
        {
            Record = row.GetGuid(0),
            Version = row.GetInt32(1),
            Payload = AuditedPayloads.OfRecord(row),
            RecordHash = row.GetFieldValue<byte[]>(RecordColumns - 1),
        });

    private static readonly ComparedActs Acknowledgements = new(
        $"""
        SELECT {AuditedPayloads.AcknowledgementColumns}, a.ledger_entry_id, l.entry_index, l.leaf, o.subject_id, o.ciphertext,
            {Erased("r.subject_id")}
        FROM (SELECT * FROM optout.acknowledgement WHERE acknowledgement_id > $1 AND $2::bigint IS NOT NULL
              ORDER BY acknowledgement_id LIMIT $3) a
        LEFT JOIN optout.delivery d ON d.delivery_id = a.delivery_id
        LEFT JOIN optout.opt_out_version r ON r.opt_out_id = d.opt_out_id AND r.version = d.version
        LEFT JOIN LATERAL (SELECT entry_index, leaf FROM ledger.leaf WHERE entry_id = a.ledger_entry_id) l ON true
        LEFT JOIN ledger.opening o ON o.entry_id = a.ledger_entry_id
        WHERE $4::text[] IS NOT NULL
        ORDER BY a.acknowledgement_id
        """,
        row => Beside(row, AcknowledgementColumns, row.GetGuid(0), 0) with
        {
            Payload = AuditedPayloads.OfAcknowledgement(row),
        });

    /// <summary>All other leaves in the tree, for whether their openings open them.</summary>
    private static readonly ComparedActs Others = new(
        $"""
        SELECT {Leaf}, o.entry_id IS NULL AND l.leaf IS NOT NULL AND EXISTS (
            SELECT FROM (SELECT (convert_from(l.leaf, 'UTF8')::jsonb ->> 'record')::uuid AS id) about
            JOIN optout.erasure e ON e.state = 'erased' AND (e.members @> ARRAY[about.id] OR e.members && ARRAY(
                SELECT v.subject_id FROM optout.opt_out_version v WHERE v.version = 1 AND v.opt_out_id IN (
                    SELECT about.id UNION ALL SELECT d.opt_out_id FROM optout.delivery d WHERE d.delivery_id = about.id))))
        FROM (SELECT * FROM ledger.entry WHERE entry_index > $2 AND $1::uuid IS NOT NULL
                AND (leaf IS NULL OR convert_from(leaf, 'UTF8')::jsonb ->> 'kind' <> ALL ($4))
              ORDER BY entry_index LIMIT $3) l
        LEFT JOIN ledger.opening o ON o.entry_id = l.entry_id
        ORDER BY l.entry_index
        """,
        row => Beside(row, 0, Guid.Empty, row.GetInt64(1)));

    public static IReadOnlyList<ComparedActs> All { get; } = [Records, Acknowledgements, Others];

    private static string Erased(string subject) =>
        $"EXISTS (SELECT FROM optout.erasure e WHERE e.state = 'erased' AND e.members @> ARRAY[{subject}])";

    private static ComparedAct Beside(NpgsqlDataReader row, int first, Guid position, long number)
    {
        var entryId = row.GetGuid(first);
        return new ComparedAct(
            position, number, entryId,
            row.IsDBNull(first + 1) ? null : row.GetInt64(first + 1),
            row.IsDBNull(first + 2) ? null : row.GetFieldValue<byte[]>(first + 2),
            row.IsDBNull(first + 4)
                ? null
                : new SealedOpening(entryId, row.IsDBNull(first + 3) ? null : row.GetGuid(first + 3),
                    row.GetFieldValue<byte[]>(first + 4)),
            row.GetBoolean(first + 5));
    }
}
