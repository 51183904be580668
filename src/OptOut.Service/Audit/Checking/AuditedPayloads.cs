using System.Globalization;
using Npgsql;
using OptOut.Ledger;

namespace OptOut.Service.Audit.Checking;

/// <summary>
/// What the leaf of an act must have committed to, computed from the row alone and from the documented list of members:
/// a second way to the same bytes, so that a change of the first is found and not repeated.
/// </summary>
internal static class AuditedPayloads
{
    /// <summary>The columns of optout.opt_out_version (named v) that <see cref="OfRecord"/> reads, from the first on.</summary>
    public const string RecordColumns =
        """
        v.opt_out_id, v.version, v.subject_id, v.purpose, v.channel, v.state, v.occurred_at, v.recorded_at, v.actor_type,
        v.actor_id, v.origin_system, v.origin_method, v.reason_code, v.regime, v.synthetic, v.record_hash
        """;

    /// <summary>The columns of optout.acknowledgement (named a) and its record's hash (r) that the other one reads.</summary>
    public const string AcknowledgementColumns =
        """
        a.acknowledgement_id, a.delivery_id, a.outcome, a.applied_at, a.source, a.message_id, a.body_hash, r.record_hash
        """;

    public static byte[] OfRecord(NpgsqlDataReader row)
    {
        var payload = new CanonicalObject
        {
            { "optOutId", Id("oo_", row.GetGuid(0)) },
            { "version", row.GetInt32(1).ToString(CultureInfo.InvariantCulture) },
            { "subjectId", Id("sub_", row.GetGuid(2)) },
            { "purpose", row.GetString(3) },
            { "channel", row.GetString(4) },
            { "state", row.GetString(5) },
            { "occurredAt", Time(row, 6) },
            { "recordedAt", Time(row, 7) },
            { "actorType", row.GetString(8) },
            { "originSystem", row.GetString(10) },
            { "originMethod", row.GetString(11) },
            { "reason", row.GetString(12) },
            { "synthetic", row.GetBoolean(14) ? "true" : "false" },
            { "type", "optout.record/1" },
        };
        payload.AddIfPresent("actorId", row.IsDBNull(9) ? null : row.GetString(9));
        payload.AddIfPresent("regime", row.IsDBNull(13) ? null : row.GetString(13));
        return CanonicalJson.ToBytes(payload);
    }

    public static byte[] OfAcknowledgement(NpgsqlDataReader row)
    {
        var payload = new CanonicalObject
        {
            { "acknowledgementId", Id("ack_", row.GetGuid(0)) },
            { "deliveryId", Id("dlv_", row.GetGuid(1)) },
            { "outcome", row.GetString(2) },
            { "source", row.GetString(4) },
            { "messageId", row.GetString(5) },
            { "bodyHash", Convert.ToBase64String(row.GetFieldValue<byte[]>(6)) },
            { "recordHash", row.IsDBNull(7) ? "" : Convert.ToBase64String(row.GetFieldValue<byte[]>(7)) },
            { "type", "optout.acknowledgement/1" },
        };
        payload.AddIfPresent("appliedAt", row.IsDBNull(3) ? null : Time(row, 3));
        return CanonicalJson.ToBytes(payload);
    }

    private static string Id(string prefix, Guid id) => prefix + id.ToString("N");

    private static string Time(NpgsqlDataReader row, int column) => row.GetFieldValue<DateTimeOffset>(column)
        .UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
