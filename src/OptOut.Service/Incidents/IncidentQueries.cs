using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Incidents;

/// <summary>Reads incidents and what happened around them.</summary>
internal sealed class IncidentQueries(Databases databases)
{
    public const string Prefix = "inc_";

    private const string Columns =
        """
        incident_id, title, severity, integrity_lock, finding_id, opened_by, opened_at, closed_by, closed_at, summary
        """;

    public const string One = $"SELECT {Columns} FROM optout.incident WHERE incident_id = $1";

    private const string List =
        $"SELECT {Columns} FROM optout.incident WHERE incident_id < $1 ORDER BY incident_id DESC LIMIT $2";

    // Entry ids are in order of time and have an index; of the leaves only what people did is shown, not each stop.
    private const string Timeline =
        """
        SELECT * FROM (
            (SELECT f.opened_at AS at, 'finding_opened' AS type, f.kind || ' ' || f.about AS about, NULL::text AS actor,
                'fnd_' || translate(f.finding_id::text, '-', '') AS reference
             FROM optout.finding f WHERE f.finding_id >= optout.first_id_at($1) AND f.finding_id < optout.first_id_at($2)
             ORDER BY f.finding_id LIMIT 500)
            UNION ALL
            (SELECT f.closed_at, 'finding_closed', f.kind || ' ' || f.about, NULL, 'fnd_' || translate(f.finding_id::text, '-', '')
             FROM optout.finding f WHERE f.closed_at >= $1 AND f.closed_at < $2 ORDER BY f.closed_at LIMIT 500)
            UNION ALL
            (SELECT p.started_at, 'probe', p.state, p.requested_by, 'prb_' || translate(p.probe_id::text, '-', '')
             FROM optout.probe p WHERE p.probe_id >= optout.first_id_at($1) AND p.probe_id < optout.first_id_at($2)
             ORDER BY p.probe_id LIMIT 500)
            UNION ALL
            (SELECT (l.j ->> 'at')::timestamptz, l.j ->> 'kind', coalesce(l.j ->> 'system', l.j ->> 'outcome'), l.j ->> 'actor', translate(l.entry_id::text, '-', '')
             FROM (SELECT entry_id, convert_from(leaf, 'UTF8')::jsonb AS j FROM (
                    SELECT entry_id, leaf FROM ledger.entry
                    WHERE entry_id >= optout.first_id_at($1) AND entry_id < optout.first_id_at($2) AND leaf IS NOT NULL
                    UNION ALL SELECT entry_id, leaf FROM ledger.pending
                    WHERE entry_id >= optout.first_id_at($1) AND entry_id < optout.first_id_at($2)) w) l
             WHERE l.j ->> 'kind' LIKE ANY (ARRAY['system_%', 'key_%', 'purpose_%', 'override_%', 'incident_%',
                'finding_acknowledged', 'finding_silenced', 'reversed', 'merged', 'restored'])
             ORDER BY l.entry_id LIMIT 500)) t
        ORDER BY at, reference LIMIT 500
        """;

    private static readonly TimeSpan Before = TimeSpan.FromHours(1);

    public async Task<IncidentView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        IncidentSummary summary;
        await using (var command = new NpgsqlCommand(One, connection))
        {
            command.Parameters.Add(Sql.Value(id));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken)) return null;
            summary = Read(reader);
        }

        await using var timeline = new NpgsqlCommand(Timeline, connection);
        timeline.Parameters.Add(Sql.Value(summary.OpenedAt - Before));
        timeline.Parameters.Add(Sql.Value((summary.ClosedAt ?? DateTimeOffset.MaxValue.AddYears(-7000)).AddSeconds(1)));
        await using var events = await timeline.ExecuteReaderAsync(cancellationToken);
        var happened = new List<IncidentEvent>();
        while (await events.ReadAsync(cancellationToken))
        {
            happened.Add(new IncidentEvent(
                events.GetFieldValue<DateTimeOffset>(0), events.GetString(1), events.IsDBNull(2) ? null : events.GetString(2),
                events.IsDBNull(3) ? null : events.GetString(3), events.GetString(4)));
        }

        return new IncidentView(summary, happened);
    }

    public async Task<List<IncidentSummary>> ListAsync(Guid before, int limit, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(List);
        command.Parameters.Add(Sql.Value(before));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var incidents = new List<IncidentSummary>();
        while (await reader.ReadAsync(cancellationToken)) incidents.Add(Read(reader));
        return incidents;
    }

    private static IncidentSummary Read(NpgsqlDataReader reader) => new(
        PublicId.Format(Prefix, reader.GetGuid(0)), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3),
        reader.IsDBNull(8) ? "open" : "closed",
        reader.IsDBNull(4) ? null : PublicId.Format(PublicId.Finding, reader.GetGuid(4)),
        reader.GetString(5), reader.GetFieldValue<DateTimeOffset>(6),
        reader.IsDBNull(7) ? null : reader.GetString(7),
        reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8),
        reader.IsDBNull(9) ? null : reader.GetString(9));
}
