namespace OptOut.Service.Enforcement;

/// <summary>What the API documentation shows.</summary>
internal static class EnforcementExamples
{
    public const string Check =
        """
        { "items": [ { "identifier": { "type": "email", "value": "ada@example.com" },
                       "purpose": "marketing.newsletter", "channel": "email" } ] }
        """;

    public const string CheckAnswer =
        """
        { "items": [ { "decision": "stop", "optOutId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1,
                       "coveredBy": { "purpose": "marketing", "channel": "any" } } ],
          "asOf": "2026-11-20T15:00:02.331Z", "sequence": "734512" }
        """;

    public const string Stream =
        """
        event: changes
        id: EGsyMDI2MTEyMWExYjI
        data: {"prev":"EGsyMDI2MTEyMWExYjE","keyId":"k20261121a1b2","entries":[["q83vEjRWeJCrze8SNFZ4kA",0,3]],"sets":[["marketing/any"]]}

        """;

    public const string Decisions =
        """
        { "items": [ { "identifier": { "type": "email", "value": "ada@example.com" }, "purpose": "marketing",
                       "channel": "email", "outcome": "cancelled", "at": "2026-11-20T15:00:01.020Z",
                       "messageId": "m-20261120-118", "mode": "gate" } ] }
        """;

    public const string DecisionsAnswer =
        """{ "items": [ { "status": 201, "id": "dec_01998a6f0d1e7c11b2d3e4f5a6b7c8d9" } ] }""";

    public const string Decision =
        """
        { "id": "dec_01998a6f0d1e7c11b2d3e4f5a6b7c8d9", "version": 1, "purpose": "marketing", "channel": "email",
          "outcome": "cancelled", "mode": "gate", "at": "2026-11-20T15:00:01.020Z",
          "effectiveFrom": "2026-11-20T15:00:00.000Z", "recordedAt": "2026-11-20T15:00:03.250Z",
          "askedBy": "key:0123456789abcdef", "messageId": "m-20261120-118",
          "ledgerEntryId": "01998a6f0d1e7c11b2d3e4f5a6b7c8da" }
        """;

    public const string FilterLines =
        """
        {"type":"email","value":"ada@example.com","order":17}
        {"type":"email","value":"bob@example.com","order":18}
        """;

    public const string PassedLines = """{"type":"email","value":"bob@example.com","order":18}""";

    public const string Reconciliation =
        """
        {"line":1,"decision":"stop","optOutId":"oo_01998a6f0c2e7d5b9a3f4e21c0d7b865","version":1,"coveredBy":{"purpose":"marketing","channel":"any"},"deliveryId":"dlv_01998a6f0c2e7d5b9a3f4e21c0d7b866","deliveryState":"retrying","reopened":true}
        {"summary":{"id":"rcn_01998a6f0d1e7c11b2d3e4f5a6b7c8d9","lines":2,"stopped":1,"unreadable":0,"reopened":1,"finishedAt":"2026-11-20T15:00:03.250Z"}}
        """;

    public const string ImportLines =
        """{"type":"email","value":"ada@example.com","purpose":"marketing","channel":"any"}""";

    public const string Import =
        """
        { "id": "imp_01998a6f0d1e7c11b2d3e4f5a6b7c8d9", "state": "running", "format": "ndjson", "dryRun": false,
          "rows": 1, "done": 0, "created": 0, "repeated": 0, "rejected": 0, "code": null,
          "requestedAt": "2026-11-20T15:00:00.000Z", "finishedAt": null }
        """;

    public const string ImportRows =
        """
        { "data": [ { "row": 1, "status": "created", "code": null, "optOutId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865" },
                    { "row": 2, "status": "rejected", "code": "identifier_unreadable", "optOutId": null } ],
          "nextCursor": null }
        """;
}
