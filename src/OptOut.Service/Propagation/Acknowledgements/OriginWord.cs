using Npgsql;
using OptOut.Contracts;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>A system's own signed message by which a stop came: its word that it holds it already.</summary>
/// <param name="MessageId">The sender's id of the message.</param>
/// <param name="BodyHash">SHA-256 of the signed bytes.</param>
internal sealed record OriginWord(int SystemId, string SystemName, string MessageId, byte[] BodyHash);

/// <summary>A delivery that is closed in the transaction that writes it, since the stop came from its system.</summary>
internal sealed record OriginDelivery(
    Guid DeliveryId, Guid OptOutId, int Version, byte[] RecordHash, int ObjectiveSeconds, DateTimeOffset RecordedAt,
    DateTimeOffset OccurredAt, Guid SurvivorId, OriginWord Word);

/// <summary>Writes such deliveries with their evidence, so that nothing is ever sent back to where it came from.</summary>
internal static class OriginDeliveries
{
    private const string InsertDeliveries =
        """
        INSERT INTO optout.delivery (delivery_id, opt_out_id, version, system_id, state, recorded_at, apply_by,
            received_at, closed_at, acknowledgement_id, reason_code)
        SELECT d, o, v, s, 'applied', r, now() + a * interval '1 second', r, r, k, 'system_origin'
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS t(d, o, v, s, r, a, k)
        """;

    private const string InsertWords =
        """
        INSERT INTO optout.acknowledgement (acknowledgement_id, delivery_id, system_id, outcome, applied_at, actions,
            source, message_id, body_hash, received_at, ledger_entry_id)
        SELECT k, d, s, 'applied', p, '[]', 'inbound', m, h, r, l FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS t(k, d, s, p, m, h, r, l)
        """;

    /// <summary>The rows of the deliveries and their words, and the leaf of each word.</summary>
    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<OriginDelivery> closed, IReadOnlyDictionary<Guid, SubjectKey> keys)
    {
        if (closed.Count == 0)
            return;
        Guid[] words = [.. closed.Select(one => Guid.CreateVersion7(one.RecordedAt))];
        Guid[] leaves = [.. closed.Select(one => Guid.CreateVersion7(one.RecordedAt))];
        batch.BatchCommands.Add(Sql.Command(InsertDeliveries,
            Sql.Uuids([.. closed.Select(one => one.DeliveryId)]),
            Sql.Uuids([.. closed.Select(one => one.OptOutId)]),
            Sql.Integers([.. closed.Select(one => one.Version)]),
            Sql.Integers([.. closed.Select(one => one.Word.SystemId)]),
            Sql.Times([.. closed.Select(one => one.RecordedAt)]),
            Sql.Integers([.. closed.Select(one => one.ObjectiveSeconds)]),
            Sql.Uuids(words)));
        batch.BatchCommands.Add(Sql.Command(InsertWords,
            Sql.Uuids(words),
            Sql.Uuids([.. closed.Select(one => one.DeliveryId)]),
            Sql.Integers([.. closed.Select(one => one.Word.SystemId)]),
            Sql.Times([.. closed.Select(one => one.OccurredAt)]),
            Sql.Texts([.. closed.Select(one => one.Word.MessageId)]),
            Sql.Byteas([.. closed.Select(one => one.Word.BodyHash)]),
            Sql.Times([.. closed.Select(one => one.RecordedAt)]),
            Sql.Uuids(leaves)));
        LedgerPending.AddTo(batch, [.. closed.Select((one, i) => Leaf(one, words[i], leaves[i], keys))]);
    }

    private static LedgerEntry Leaf(OriginDelivery one, Guid word, Guid leaf, IReadOnlyDictionary<Guid, SubjectKey> keys)
    {
        var outcome = WireNames.Of(AcknowledgementOutcome.Applied);
        var payload = new CanonicalObject
        {
            { "acknowledgementId", PublicId.Format(PublicId.Acknowledgement, word) },
            { "bodyHash", Convert.ToBase64String(one.Word.BodyHash) },
            { "deliveryId", PublicId.Format(PublicId.Delivery, one.DeliveryId) },
            { "messageId", one.Word.MessageId },
            { "outcome", outcome },
            { "recordHash", Convert.ToBase64String(one.RecordHash) },
            { "source", AcknowledgementSources.Inbound },
            { "type", "optout.acknowledgement/1" },
        };
        return LedgerEntry.ForSubject(leaf,
            new LedgerFacts(LedgerKinds.Acknowledged, one.DeliveryId, one.Version, "system:" + one.Word.SystemName,
                one.RecordedAt, one.Word.SystemName, outcome),
            CanonicalJson.ToBytes(payload), one.SurvivorId, keys.GetValueOrDefault(one.SurvivorId));
    }
}
