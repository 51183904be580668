using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reading;

/// <summary>The log's name and keys, to be kept elsewhere than its receipts.</summary>
public sealed record LedgerKeyView(string Origin, IReadOnlyList<LedgerKeyItem> Keys);

/// <summary>One key.</summary>
/// <param name="Type"><c>ecdsa-p256</c> or <c>ed25519</c>.</param>
/// <param name="Vkey">The C2SP verifier key.</param>
/// <param name="Spki">Base64 of the SubjectPublicKeyInfo in DER, for ECDSA; null for Ed25519.</param>
public sealed record LedgerKeyItem(string Type, string Vkey, string? Spki);

/// <summary>RFC 9162 consistency proof.</summary>
/// <param name="From">Size of the older tree.</param>
/// <param name="To">Size of the newer tree.</param>
/// <param name="Proof">32-byte hashes in base64; none where both sizes are equal.</param>
public sealed record ConsistencyView(long From, long To, IReadOnlyList<string> Proof);

/// <summary>What opens a leaf's commitment: SHA-256("optout.commit/1" ‖ 0x00 ‖ nonce ‖ payload).</summary>
/// <param name="Nonce">32 bytes in base64.</param>
/// <param name="Payload">The private part of the act in base64, canonical JSON.</param>
public sealed record OpeningView(string EntryId, string Nonce, string Payload);

[JsonSerializable(typeof(LedgerKeyView))]
[JsonSerializable(typeof(ConsistencyView))]
[JsonSerializable(typeof(OpeningView))]
[JsonSerializable(typeof(WitnessesView))]
[JsonSerializable(typeof(OptOutReceiptView))]
[JsonSerializable(typeof(ListAnswer<TrailItem>))]
internal sealed partial class LedgerJson : JsonSerializerContext
{
    public static LedgerJson Strict { get; } = new(OptOutJson.NewOptions());
}
