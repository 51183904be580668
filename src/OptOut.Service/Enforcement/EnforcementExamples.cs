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
}
