using System.Globalization;
using OptOut.Ledger;
using OptOut.Ledger.Tree;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>
/// The leaf of a chunk of decisions: how many there are and the Merkle root over them in their order, so that none can be
/// added, changed or taken away later. The members of a row are listed in docs/enforcement.md.
/// </summary>
internal static class DecisionLeaf
{
    public static LedgerEntry Of(IReadOnlyList<DecisionRow> rows, string actor, SecretBox secrets, DateTimeOffset now)
    {
        var payload = CanonicalJson.ToBytes(new CanonicalObject
        {
            { "count", rows.Count.ToString(CultureInfo.InvariantCulture) },
            { "root", Convert.ToBase64String(Root(rows)) },
            { "type", "optout.decisions/1" },
        });
        var facts = new LedgerFacts(LedgerKinds.Decided, rows[0].Id, rows.Count, actor, now);
        return LedgerEntry.ForConfiguration(facts, payload, secrets);
    }

    /// <summary>The RFC 9162 root over the rows' canonical bytes.</summary>
    public static byte[] Root(IReadOnlyList<DecisionRow> rows)
    {
        var range = new CompactRange();
        foreach (var row in rows)
            range.Append(MerkleTree.HashLeaf(Bytes(row)));
        return range.Root();
    }

    private static byte[] Bytes(DecisionRow row)
    {
        var (covering, asked, outcome, mode, _, messageId) = row.Draft;
        var members = new CanonicalObject
        {
            { "askedBy", row.AskedBy },
            { "at", Time(row.At) },
            { "channel", asked.Channel },
            { "decisionId", PublicId.Format(EnforcementIds.Decision, row.Id) },
            { "mode", mode },
            { "optOutId", PublicId.Format(PublicId.OptOut, covering.OptOutId) },
            { "outcome", outcome },
            { "purpose", asked.Purpose },
            { "recordedAt", Time(row.RecordedAt) },
            { "type", "optout.decision/1" },
            { "version", covering.Version.ToString(CultureInfo.InvariantCulture) },
        };
        members.AddIfPresent("messageId", messageId);
        return CanonicalJson.ToBytes(members);
    }

    private static string Time(DateTimeOffset value) =>
        value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
