using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Backfill;

/// <summary>
/// Hands one page of standing stops to one system, in one statement: the newest version of each opt-out of the page, where
/// it stands, is no probe, and touches the contract. What has been told stays as it is, so a page may be done twice.
/// </summary>
internal static class BackfillPage
{
    /// <summary>Opt-outs a statement.</summary>
    public const int Size = 500;

    /// <summary>Why a delivery closed without being sent: nothing by which the system knows people.</summary>
    public const string NoIdentifier = "no_identifier";

    // One statement, so that the newest version, the subject's identifiers and the rows written are of one moment.
    // A delivery that closed for want of an identifier opens again where the contract now names one.
    // `part` is Partition.Of in SQL.
    private static readonly string Statement =
        $"""
        WITH page AS MATERIALIZED (
            SELECT v.opt_out_id, v.version, v.subject_id, v.purpose, v.channel, v.state, v.synthetic
            FROM (SELECT opt_out_id FROM optout.opt_out_version WHERE version = 1 AND opt_out_id > $2
                  ORDER BY opt_out_id LIMIT {Size}) first
            CROSS JOIN LATERAL (SELECT * FROM optout.opt_out_version n WHERE n.opt_out_id = first.opt_out_id
                  ORDER BY n.version DESC LIMIT 1) v),
        standing AS MATERIALIZED (
            SELECT p.opt_out_id, p.version, s.survivor_id, t.objective, row_number() OVER (ORDER BY p.opt_out_id) AS n
            FROM page p
            JOIN optout.subject s ON s.subject_id = p.subject_id
            JOIN unnest($3::text[], $4::text[], $8::int[]) AS t (purpose, channel, objective)
              ON t.purpose = p.purpose AND t.channel = p.channel
            WHERE p.state = 'opted_out' AND NOT p.synthetic AND NOT s.synthetic),
        matched AS MATERIALIZED (
            SELECT st.*, EXISTS (
                SELECT FROM (
                    SELECT st.survivor_id AS subject_id
                    UNION ALL
                    SELECT m.subject_id FROM optout.subject m
                    WHERE m.survivor_id = st.survivor_id AND m.survivor_id <> m.subject_id) person
                JOIN optout.identifier i ON i.subject_id = person.subject_id
                WHERE i.type = ANY ($5) AND octet_length(i.value_ciphertext) > 0) AS known
            FROM standing st),
        told AS (
            INSERT INTO optout.delivery AS d (
                delivery_id, opt_out_id, version, system_id, state, recorded_at, apply_by, closed_at, reason_code)
            SELECT ids.id, m.opt_out_id, m.version, $1, CASE WHEN m.known THEN 'pending' ELSE 'no_match' END, $7,
                   $7 + make_interval(secs => m.objective), CASE WHEN NOT m.known THEN $7 END,
                   CASE WHEN NOT m.known THEN '{NoIdentifier}' END
            FROM matched m JOIN unnest($6::uuid[]) WITH ORDINALITY AS ids (id, n) USING (n)
            ON CONFLICT (opt_out_id, version, system_id) DO UPDATE
                SET state = 'pending', apply_by = excluded.apply_by, closed_at = NULL, reason_code = NULL
                WHERE d.state = 'no_match' AND d.reason_code = '{NoIdentifier}' AND excluded.state = 'pending'
            RETURNING d.delivery_id, d.opt_out_id, d.version, d.state, d.apply_by),
        work AS (
            INSERT INTO optout.open_delivery (delivery_id, system_id, opt_out_id, version, part, due_at, apply_by)
            SELECT t.delivery_id, $1, t.opt_out_id, t.version,
                   get_byte(uuid_send(m.survivor_id), 15) & {Partition.Count - 1}, $7, t.apply_by
            FROM told t JOIN matched m USING (opt_out_id) WHERE t.state = 'pending'
            ON CONFLICT (delivery_id) DO NOTHING
            RETURNING 1)
        SELECT (SELECT count(*) FROM page), (SELECT opt_out_id FROM page ORDER BY opt_out_id DESC LIMIT 1),
               (SELECT count(*) FROM told), (SELECT count(*) FROM work)
        """;

    public static async Task<PageResult> RunAsync(
        NpgsqlTransaction transaction, PageRequest request, CancellationToken cancellationToken)
    {
        var ids = new Guid[Size];
        for (var i = 0; i < ids.Length; i++) ids[i] = Guid.CreateVersion7(request.Now);
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(Sql.Command(
            Statement,
            Sql.Value(request.SystemId),
            Sql.Value(request.After),
            Sql.Texts([.. request.Scopes.Select(s => s.Scope.Purpose)]),
            Sql.Texts([.. request.Scopes.Select(s => s.Scope.Channel)]),
            Sql.Texts([.. request.Contract.Identifiers.Select(i => i.Type)]),
            Sql.Uuids(ids),
            Sql.Value(request.Now),
            Sql.Integers([.. request.Scopes.Select(s => s.ObjectiveSeconds)])));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var looked = reader.GetInt64(0);
        return new PageResult(
            looked < Size, looked == 0 ? request.After : reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3));
    }
}

/// <param name="SystemId">Whom to tell.</param>
/// <param name="Contract">What it subscribes to.</param>
/// <param name="Scopes">Every scope that touches the contract.</param>
/// <param name="After">The last opt-out of the page before.</param>
/// <param name="Now">When these deliveries are recorded and due.</param>
internal sealed record PageRequest(
    int SystemId, SystemContract Contract, IReadOnlyList<ToldScope> Scopes, Guid After, DateTimeOffset Now);

/// <summary>A scope that touches the contract, and how soon a stop of it has to be applied.</summary>
internal sealed record ToldScope(Scope Scope, int ObjectiveSeconds);

/// <param name="Last">Nothing comes after this page now.</param>
/// <param name="Through">The last opt-out of this page.</param>
/// <param name="Told">Deliveries written or opened again.</param>
/// <param name="Queued">Those that are to be sent.</param>
internal sealed record PageResult(bool Last, Guid Through, long Told, long Queued);
