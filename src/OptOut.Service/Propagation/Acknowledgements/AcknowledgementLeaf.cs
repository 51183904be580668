using System.Globalization;
using OptOut.Contracts;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>The leaf of an acknowledgement: who said what about which delivery, with the hash of the signed bytes.</summary>
internal static class AcknowledgementLeaf
{
    public static LedgerEntry Of(
        AcceptedAcknowledgement accepted, IReadOnlyDictionary<Guid, SubjectKey> keys, DateTimeOffset now)
    {
        var (id, ledgerEntryId, claim, delivery, _) = accepted;
        var outcome = WireNames.Of(claim.Word!.Outcome);
        var payload = new CanonicalObject
        {
            { "acknowledgementId", PublicId.Format(PublicId.Acknowledgement, id) },
            { "bodyHash", Convert.ToBase64String(claim.BodyHash) },
            { "deliveryId", PublicId.Format(PublicId.Delivery, delivery.DeliveryId) },
            { "messageId", claim.MessageId },
            { "outcome", outcome },
            { "recordHash", Convert.ToBase64String(delivery.RecordHash) },
            { "source", claim.Source },
            { "type", "optout.acknowledgement/1" },
        };
        payload.AddIfPresent("appliedAt", claim.Word.AppliedAt?.UtcDateTime.ToString(
            "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        var facts = new LedgerFacts(LedgerKinds.Acknowledged, delivery.DeliveryId, delivery.Version,
            "system:" + claim.System!.Name, now, claim.System.Name, outcome);
        return LedgerEntry.ForSubject(ledgerEntryId, facts, CanonicalJson.ToBytes(payload),
            delivery.SurvivorId, keys.GetValueOrDefault(delivery.SurvivorId));
    }
}
