namespace OptOut.Service.Systems;

/// <summary>What the documentation shows.</summary>
internal static class SystemExamples
{
    public const string Put =
        """
        { "displayName": "CRM", "kind": "internal", "owner": "sales-ops", "channel": { "type": "rabbitmq" },
          "contract": { "purposes": ["marketing"], "channels": ["any"],
            "identifiers": [ { "type": "email", "form": "plain" } ], "objectiveSeconds": 60 } }
        """;

    public const string View =
        """
        { "id": "sys_019aa2f0c1f07d6e8a3b5c7d9e1f2a3b", "name": "crm", "displayName": "CRM", "kind": "internal",
          "owner": "sales-ops", "channel": { "type": "rabbitmq" },
          "contract": { "purposes": ["marketing"], "channels": ["any"],
            "identifiers": [ { "type": "email", "form": "plain" } ], "objectiveSeconds": 60 },
          "state": "active", "stateReason": null, "version": 1, "wired": true,
          "lastAcknowledgedAt": "2026-11-20T15:36:24.986Z", "failureRate": 0.0021,
          "lag": { "p50Ms": 18, "p95Ms": 74, "maxMs": 912, "sample": 4120 },
          "open": 3, "overdue": 0, "oldestOpenAgeSeconds": 1, "rejectedAcknowledgements": 0,
          "backfill": { "running": false, "handedOver": 1840, "finishedAt": "2026-11-19T08:01:12.400Z" },
          "breaker": { "state": "closed", "failures": 0, "openedAt": null, "nextCallAt": null },
          "createdAt": "2026-11-19T08:00:00.000Z", "updatedAt": "2026-11-19T08:00:00.000Z" }
        """;

    public const string Registered =
        $$"""{ "system": {{View}}, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "apiKey": "oo_…" }""";

    public const string List =
        """
        { "data": [ { "id": "sys_019aa2f0c1f07d6e8a3b5c7d9e1f2a3b", "name": "crm", "displayName": "CRM",
            "kind": "internal", "owner": "sales-ops", "channel": { "type": "rabbitmq" },
            "contract": { "purposes": ["marketing"], "channels": ["any"],
              "identifiers": [ { "type": "email", "form": "plain" } ], "objectiveSeconds": 60 },
            "state": "active", "stateReason": null, "version": 1, "wired": true,
            "lastAcknowledgedAt": "2026-11-20T15:36:24.986Z", "createdAt": "2026-11-19T08:00:00.000Z",
            "updatedAt": "2026-11-19T08:00:00.000Z" } ],
          "nextCursor": null }
        """;

    public const string Reason = """{ "reason": "migration of the CRM" }""";

    public const string Replay = """{ "since": "2026-11-20T08:00:00.000Z" }""";

    public const string Replayed =
        """
        { "replayId": "rpl_019aa2f0c1f07d6e8a3b5c7d9e1f2a3b", "system": "crm", "since": "2026-11-20T08:00:00.000Z",
          "startedAt": "2026-11-20T15:36:24.986Z" }
        """;

    public const string Tested =
        """
        { "system": "crm", "deliveryId": "dlv_019aa2f0c1f07d6e8a3b5c7d9e1f2a3b",
          "optOutId": "oo_019aa2f0c1f07d6e8a3b5c7d9e1f2a3c", "version": 1 }
        """;

    public const string Rotate = """{ "overlapSeconds": 3600 }""";

    public const string Rotated =
        """
        { "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "previousExpiresAt": "2026-11-20T16:36:24.986Z" }
        """;

    public const string Retirement =
        """
        { "approvalId": "apr_019aa2f0c1f07d6e8a3b5c7d9e1f2a3b", "act": "system.retire", "target": "crm",
          "state": "waiting", "requestedBy": "key:0123456789abcdef", "requestedAt": "2026-11-20T15:36:24.986Z",
          "expiresAt": "2026-11-21T15:36:24.986Z", "approvedBy": null, "approvedAt": null }
        """;
}
