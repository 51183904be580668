using Npgsql;
using OptOut.Service.Purposes;

namespace OptOut.Service.Recording;

/// <summary>Reads a version and its roll-up from SQL.</summary>
internal static class RecordReader
{
    /// <summary>The columns of optout.opt_out_version (named v) that <see cref="Read"/> takes, then the roll-up's.</summary>
    public const string Columns =
        """
        v.opt_out_id, v.version, v.subject_id, v.purpose, v.channel, v.state, v.occurred_at, v.recorded_at, v.actor_type,
        v.actor_id, v.origin_system, v.origin_method, v.reason_code, v.regime, v.synthetic, v.record_hash, v.ledger_entry_id
        """;

    /// <summary>
    /// How far the opt-out v.opt_out_id has come: for each system its newest delivery,
    /// since a version that only some systems need does not close what the others still owe.
    /// </summary>
    public const string RollUp =
        $"""
        SELECT {Recording.RollUp.Columns}
        FROM (SELECT DISTINCT ON (d.system_id) d.state, d.closed_at, d.apply_by
              FROM optout.delivery d WHERE d.opt_out_id = v.opt_out_id AND d.version <= v.version
              ORDER BY d.system_id, d.version DESC) d
        """;

    public static RecordState Read(NpgsqlDataReader reader) => new()
    {
        OptOutId = reader.GetGuid(0),
        Version = reader.GetInt32(1),
        SubjectId = reader.GetGuid(2),
        Scope = new Scope(reader.GetString(3), reader.GetString(4)),
        State = reader.GetString(5),
        OccurredAt = reader.GetFieldValue<DateTimeOffset>(6),
        RecordedAt = reader.GetFieldValue<DateTimeOffset>(7),
        ActorType = reader.GetString(8),
        ActorId = reader.IsDBNull(9) ? null : reader.GetString(9),
        OriginSystem = reader.GetString(10),
        OriginMethod = reader.GetString(11),
        ReasonCode = reader.GetString(12),
        Regime = reader.IsDBNull(13) ? null : reader.GetString(13),
        Synthetic = reader.GetBoolean(14),
        RecordHash = reader.GetFieldValue<byte[]>(15),
        LedgerEntryId = reader.GetGuid(16),
        RollUp = new RollUp(
            reader.GetInt32(17), reader.GetInt32(18), reader.GetInt32(19), reader.GetInt32(20), reader.GetBoolean(21)),
    };
}
