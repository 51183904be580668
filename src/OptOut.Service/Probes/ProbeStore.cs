using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Probes;

/// <summary>What came of a probe.</summary>
internal sealed record ProbeResult(
    bool Passed, string? Reason, IReadOnlyList<ProbeStage> Stages, IReadOnlyDictionary<int, (string Verdict, long? LagMs)> Systems);

/// <summary>Probes in the database: begun, ended once, and read.</summary>
internal sealed class ProbeStore(Databases databases, SecretBox secrets, ProbeSettings settings, TimeProvider clock)
{
    /// <summary>After the systems' time a probe still asks the gate and the page.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    private const string Insert =
        """
        WITH made AS (INSERT INTO optout.probe (probe_id, requested_by, state, started_at, ends_by)
            VALUES ($1, $2, 'running', now(), now() + $3 * interval '1 second'))
        INSERT INTO optout.probe_system (probe_id, system_id) SELECT $1, unnest($4)
        """;

    private const string End =
        """
        UPDATE optout.probe SET state = $2, reason_code = $3, stages = $4::jsonb, finished_at = now()
        WHERE probe_id = $1 AND finished_at IS NULL
        """;

    private const string EndSystems =
        """
        UPDATE optout.probe_system p SET verdict = t.v, lag_ms = t.l FROM unnest($2, $3, $4) AS t(s, v, l)
        WHERE p.probe_id = $1 AND p.system_id = t.s
        """;

    // Nobody knows what became of these.
    private const string EndRest = "UPDATE optout.probe_system SET verdict = 'lost' WHERE probe_id = $1 AND verdict IS NULL";

    private const string Select =
        """
        SELECT p.probe_id, p.state, p.started_at, p.finished_at, p.reason_code, p.stages::text, p.requested_by,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('system', s.name, 'verdict', v.verdict, 'lagMs', v.lag_ms)
                ORDER BY s.name), '[]')::text
             FROM optout.probe_system v JOIN optout.system s ON s.system_id = v.system_id WHERE v.probe_id = p.probe_id)
        FROM optout.probe p
        """;

    private const string Lost =
        "SELECT probe_id FROM optout.probe WHERE finished_at IS NULL AND ends_by < now() ORDER BY ends_by LIMIT 100";

    public async Task<Guid> BeginAsync(string requestedBy, IReadOnlyList<int> systems, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        await using var command = databases.Main.CreateCommand(Insert);
        command.Parameters.Add(Sql.Value(id));
        command.Parameters.Add(Sql.Value(requestedBy));
        command.Parameters.Add(Sql.Value((settings.Timeout + Slack).TotalSeconds));
        command.Parameters.Add(Sql.Integers([.. systems]));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>Ends a probe and writes its leaf; false where it has ended already.</summary>
    public async Task<bool> EndAsync(Guid id, ProbeResult result, CancellationToken cancellationToken)
    {
        var state = result.Passed ? "passed" : "failed";
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var end = new NpgsqlCommand(End, connection, transaction))
        {
            end.Parameters.Add(Sql.Value(id));
            end.Parameters.Add(Sql.Value(state));
            end.Parameters.Add(new NpgsqlParameter { Value = (object?)result.Reason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            end.Parameters.Add(Sql.Value(JsonSerializer.Serialize([.. result.Stages], ProbesJson.Strict.ListProbeStage)));
            if (await end.ExecuteNonQueryAsync(cancellationToken) == 0) return false;
        }

        await using (var systems = new NpgsqlCommand(EndSystems, connection, transaction))
        {
            systems.Parameters.Add(Sql.Value(id));
            systems.Parameters.Add(Sql.Integers([.. result.Systems.Keys]));
            systems.Parameters.Add(Sql.Texts([.. result.Systems.Values.Select(v => v.Verdict)]));
            systems.Parameters.Add(new NpgsqlParameter
            {
                Value = result.Systems.Values.Select(v => v.LagMs).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
            });
            await systems.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var rest = new NpgsqlCommand(EndRest, connection, transaction))
        {
            rest.Parameters.Add(Sql.Value(id));
            await rest.ExecuteNonQueryAsync(cancellationToken);
        }

        await LedgerPending.InsertAsync(connection, transaction, [Leaf(id, state, result)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Probes that nobody has ended in their time: whoever ran them is gone.</summary>
    public async Task<List<Guid>> LostAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Lost);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lost = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken)) lost.Add(reader.GetGuid(0));
        return lost;
    }

    public async Task<ProbeView?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync(Select + " WHERE p.probe_id = $1", cancellationToken, Sql.Value(id))).SingleOrDefault();

    /// <summary>Newest first.</summary>
    public Task<List<ProbeView>> ListAsync(Guid before, int limit, CancellationToken cancellationToken) =>
        ReadAsync(Select + " WHERE p.probe_id < $1 ORDER BY p.probe_id DESC LIMIT $2", cancellationToken,
            Sql.Value(before), Sql.Value(limit));

    private async Task<List<ProbeView>> ReadAsync(
        string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = databases.Main.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var probes = new List<ProbeView>();
        while (await reader.ReadAsync(cancellationToken))
        {
            probes.Add(new ProbeView(
                PublicId.Format(PublicId.Probe, reader.GetGuid(0)), reader.GetString(1),
                reader.GetFieldValue<DateTimeOffset>(2),
                reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                JsonSerializer.Deserialize(reader.GetString(5), ProbesJson.Strict.ListProbeStage)!,
                JsonSerializer.Deserialize(reader.GetString(7), ProbesJson.Strict.ListProbeVerdict)!,
                reader.GetString(6)));
        }

        return probes;
    }

    private LedgerEntry Leaf(Guid id, string state, ProbeResult result)
    {
        var payload = new CanonicalObject
        {
            { "probeId", PublicId.Format(PublicId.Probe, id) },
            { "stages", JsonSerializer.Serialize([.. result.Stages], ProbesJson.Strict.ListProbeStage) },
            { "type", "optout.probe/1" },
        };
        payload.AddIfPresent("reason", result.Reason);
        return LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.ProbeRun, id, 0, "svc:probes", Milliseconds.Truncate(clock.GetUtcNow()), Outcome: state),
            CanonicalJson.ToBytes(payload), secrets);
    }
}
