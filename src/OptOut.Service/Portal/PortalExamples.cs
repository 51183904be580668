namespace OptOut.Service.Portal;

/// <summary>What the API documentation shows.</summary>
internal static class PortalExamples
{
    public const string Html = "text/html";

    public const string LinkRequest =
        """
        { "subject": { "identifiers": [ { "type": "email", "value": "ada@example.com" } ] },
          "scope": { "purpose": "marketing", "channel": "email" }, "action": "stop" }
        """;

    public const string Link =
        """
        { "url": "https://stop.example.com/o/CGsxAbC…", "token": "CGsxAbC…", "expiresAt": null,
          "listUnsubscribe": "<https://stop.example.com/o/CGsxAbC…>",
          "listUnsubscribePost": "List-Unsubscribe=One-Click" }
        """;

    public const string Page = "<!doctype html><html lang=\"en\">…</html>";

    public const string Gpc =
        """
        { "honored": true, "notice": "Opt-Out Request Honored",
          "scope": { "purpose": "sale_or_share", "channel": "any" }, "recordedAt": "2026-11-20T15:00:00.120Z" }
        """;
}
