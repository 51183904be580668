using OptOut.Service.Propagation.Reading;

namespace OptOut.Service.Audit.Reading;

/// <summary>What the API documentation shows.</summary>
internal static class LedgerExamples
{
    public const string Checkpoint =
        "optout.example.com\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        + "— optout.example.com Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    public const string Receipt =
        "c2sp.org/tlog-proof@v1\nextra eyJhY3RvciI6InN2YzphcGkifQ==\nindex 41\n"
        + "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" + Checkpoint;

    public const string Key =
        """
        { "origin": "optout.example.com", "keys": [
          { "type": "ecdsa-p256", "vkey": "optout.example.com+6f1c2b3a+AjBZMBMG…", "spki": "MFkwEwYHKoZIzj0CAQYI…" },
          { "type": "ed25519", "vkey": "optout.example.com+530b1f2e+AWlk…", "spki": null } ] }
        """;

    public const string Consistency =
        """{ "from": 41, "to": 64, "proof": [ "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=" ] }""";

    public const string Opening =
        """
        { "entryId": "01998a6f0c2e7c11b2d3e4f5a6b7c8d9", "nonce": "q1mQm0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=",
          "payload": "eyJ0eXBlIjoib3B0b3V0LnJlY29yZC8xIn0=" }
        """;

    public const string Tile = "(1 to 256 hashes of 32 bytes, one after the other)";

    public const string Bundle = "(1 to 256 leaves, each after its length in two big-endian bytes)";

    public const string OptOutReceipt =
        $$"""
        { "schemaVersion": "optout.receipt/1 ISO-IEC-TS-27560:2023", "controller": "optout.example.com",
          "recordId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1,
          "piiPrincipalId": "sub_01998a6f0c2e7aa48d1b6f3c5e9d2070",
          "event": { "eventType": "opted_out", "eventTime": "2026-11-20T15:00:00.120Z",
            "occurredAt": "2026-11-20T15:00:00.000Z", "scope": { "purpose": "marketing", "channel": "any" },
            "actor": { "type": "subject", "id": null }, "origin": { "system": "web-shop", "method": "api" },
            "reason": { "code": "user_request" }, "regime": "gdpr" },
          "recordHash": "q1mQm0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=", "state": "complete", "overdue": false,
          "systems": [ {{ReadingExamples.Delivery}} ], "howToWithdraw": "Only the person lifts this stop: …",
          "ledgerEntryId": "01998a6f0c2e7c11b2d3e4f5a6b7c8d9", "opening": {{Opening}},
          "proof": { "format": "c2sp.org/tlog-proof@v1", "index": 41, "text": "c2sp.org/tlog-proof@v1\nextra …" } }
        """;

    public const string Trail =
        """
        { "data": [
          { "at": "2026-11-20T15:00:00.120Z", "kind": "recorded", "version": 1, "system": null, "deliveryId": null,
            "outcome": "user_request", "statusCode": null, "actions": null,
            "ledgerEntryId": "01998a6f0c2e7c11b2d3e4f5a6b7c8d9", "ledgerIndex": 41 },
          { "at": "2026-11-20T15:00:00.332Z", "kind": "acknowledged", "version": 1, "system": "crm",
            "deliveryId": "dlv_01998a6f0c2e7d5b9a3f4e21c0d7b865", "outcome": "applied", "statusCode": null,
            "actions": [ { "asset": "contacts", "action": "suppressed", "count": 1 } ],
            "ledgerEntryId": "01998a6f0d1e7c11b2d3e4f5a6b7c8d9", "ledgerIndex": 42 } ], "nextCursor": null }
        """;
}
