namespace OptOut.Service.Recording.Endpoints;

/// <summary>What the API documentation shows.</summary>
internal static class Examples
{
    public const string Request =
        """
        { "subject": { "identifiers": [ { "type": "email", "value": "ada@example.com" } ] },
          "scope": { "purpose": "marketing", "channel": "any" },
          "origin": { "system": "web-shop", "method": "api" }, "reason": { "code": "user_request" }, "regime": "gdpr" }
        """;

    public const string Record =
        """
        { "id": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1,
          "subjectId": "sub_01998a6f0c2e7aa48d1b6f3c5e9d2070",
          "scope": { "purpose": "marketing", "channel": "any" }, "state": "opted_out",
          "occurredAt": "2026-11-20T15:00:00.000Z", "recordedAt": "2026-11-20T15:00:00.120Z",
          "actor": { "type": "subject", "id": null }, "origin": { "system": "web-shop", "method": "api" },
          "reason": { "code": "user_request" }, "regime": "gdpr", "synthetic": false,
          "recordHash": "q1mQm0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=", "ledgerEntryId": "01998a6f0c2e7c11b2d3e4f5a6b7c8d9",
          "propagation": { "state": "pending", "overdue": false, "systems": 3, "applied": 0 } }
        """;

    public const string Reversed =
        """
        { "id": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 2,
          "subjectId": "sub_01998a6f0c2e7aa48d1b6f3c5e9d2070",
          "scope": { "purpose": "marketing", "channel": "any" }, "state": "opted_in",
          "occurredAt": "2026-12-01T09:00:00.000Z", "recordedAt": "2026-12-01T09:00:00.000Z",
          "actor": { "type": "subject", "id": null }, "origin": { "system": "portal", "method": "page" },
          "reason": { "code": "subject_reversal" }, "regime": null, "synthetic": false,
          "recordHash": "b7XkP0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=", "ledgerEntryId": "0199c3d1aa017c11b2d3e4f5a6b7c8d9",
          "propagation": { "state": "pending", "overdue": false, "systems": 3, "applied": 0 } }
        """;
}
