namespace OptOut.Service.Propagation.Reading;

/// <summary>What the API documentation shows.</summary>
internal static class ReadingExamples
{
    public const string Delivery =
        """
        { "system": "crm", "deliveryId": "dlv_01998a6f0c2e7d5b9a3f4e21c0d7b865",
          "optOutId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1, "state": "applied", "overdue": false, "attempts": 1,
          "recordedAt": "2026-11-20T15:00:00.120Z", "applyBy": "2026-11-20T15:01:00.120Z",
          "sentAt": "2026-11-20T15:00:00.140Z", "receivedAt": "2026-11-20T15:00:00.332Z",
          "appliedAt": "2026-11-20T15:00:00.332Z", "closedAt": "2026-11-20T15:00:00.332Z", "nextAttemptAt": null,
          "lagMs": 212, "reason": null,
          "acknowledgement": { "id": "ack_01998a6f0d1e7c11b2d3e4f5a6b7c8d9", "outcome": "applied",
            "appliedAt": "2026-11-20T15:00:00.330Z", "receivedAt": "2026-11-20T15:00:00.332Z", "source": "amqp",
            "actions": [ { "asset": "contacts", "action": "suppressed", "count": 1 } ], "reason": null } }
        """;

    public const string Propagation =
        $$"""
        { "optOutId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1, "state": "complete", "overdue": false,
          "systems": [ {{Delivery}} ] }
        """;

    public const string Detail =
        $$"""
        { "delivery": {{Delivery}},
          "attemptHistory": [ { "number": 1, "startedAt": "2026-11-20T15:00:00.130Z", "endedAt": "2026-11-20T15:00:00.140Z",
            "latencyMs": 10, "outcome": "sent", "statusCode": null, "worker": "node-1/4711" } ] }
        """;

    public const string Acknowledgements =
        """
        { "items": [ { "deliveryId": "dlv_01998a6f0c2e7d5b9a3f4e21c0d7b865",
          "optOutId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1,
          "recordHash": "q1mQm0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=", "outcome": "applied",
          "appliedAt": "2026-11-20T15:00:00.330Z",
          "actions": [ { "asset": "contacts", "action": "suppressed", "count": 1, "method": "flag" } ], "reason": null } ] }
        """;
}
