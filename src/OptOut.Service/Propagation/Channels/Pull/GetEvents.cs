using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OptOut.Contracts;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Channels.Pull;

/// <summary>
/// <c>GET /v1/systems/{name}/events</c>: what a batch system has not answered yet, oldest first. What it acknowledges
/// does not come again, everything else does: <c>after</c> only pages within what is open.
/// </summary>
internal static class GetEvents
{
    public static readonly ProblemKind NotPulled = new(409, "channel_not_pull", "The system does not fetch its events.",
        "Its channel brings them. Register a system with the channel pull to fetch them.");

    public static readonly ProblemKind Paused = new(409, "system_paused", "The system is paused.",
        "Its events wait until an operator resumes it. An empty list would say that nothing is to be stopped.");

    public const string Example =
        """
        { "data": [ { "id": "dlv_01998a6f0c2e7d5b9a3f4e21c0d7b865", "source": "https://optout.example.com",
            "specversion": "1.0", "type": "org.optout.recorded.v1", "subject": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b866",
            "time": "2026-11-20T15:00:00.120Z", "datacontenttype": "application/json", "sequence": "0000000001",
            "data": { "deliveryId": "dlv_01998a6f0c2e7d5b9a3f4e21c0d7b865",
              "optOutId": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b866", "version": 1,
              "recordHash": "q1mQm0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=", "state": "opted_out",
              "subjectId": "sub_01998a6f0c2e7d5b9a3f4e21c0d7b867", "scope": { "purpose": "marketing", "channel": "any" },
              "identifiers": [ { "type": "email", "form": "plain", "value": "ada@example.com" } ],
              "recordedAt": "2026-11-20T15:00:00.120Z", "effectiveFrom": "2026-11-20T15:00:00.120Z",
              "applyBy": "2026-11-21T15:00:00.120Z", "synthetic": false } } ],
          "nextCursor": null }
        """;

    public static async Task<IResult> HandleAsync(HttpContext http, string name, SystemDirectory systems, PullDesk desk)
    {
        if (http.Caller().SystemName != name
            || (await systems.FreshAsync(http.RequestAborted)).ByName.GetValueOrDefault(name) is not { } system)
            return ProblemKinds.NotFound.With();
        if (!TryRead(http.Request.Query, out var after, out var limit, out var fault))
            return ProblemKinds.InvalidParameter.With(fault);
        if (system.Channel.Type != ChannelTypes.Pull)
            return NotPulled.With();
        if (system.IsRetired)
            return SystemProblems.Retired.With();
        if (system.IsPaused)
            return Paused.With();

        var page = await desk.TakeAsync(system, after, limit, http.RequestAborted);
        var next = page.Next is { } id ? PublicId.Format(PublicId.Delivery, id) : null;
        if (next is not null)
            http.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture,
                $"</v1/systems/{name}/events?after={next}&limit={limit}>; rel=\"next\"");
        // Identifiers stand in the body: no cache keeps it.
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(Compose(page.Events, next), "application/json");
    }

    private static ReadOnlyMemory<byte> Compose(IReadOnlyList<OutgoingDelivery> events, string? next)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + events.Sum(one => one.Body.Length + 1));
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        foreach (var one in events)
            json.WriteRawValue(one.Body.Span, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteString("nextCursor"u8, next);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static bool TryRead(IQueryCollection query, out Guid after, out int limit, out string? fault)
    {
        (after, limit, fault) = (Guid.Empty, Paging.DefaultLimit, null);
        if (query["after"] is { Count: > 0 } places
            && (places.Count > 1 || !PublicId.TryParse(places[0], PublicId.Delivery, out after)))
            fault = "after is the id of an event, dlv_ and 32 hex digits.";
        if (query["limit"] is { Count: > 0 } limits
            && (limits.Count > 1 || limits[0] is not { Length: > 0 and <= 9 } text
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1))
            fault = "limit must be one whole number from 1 on.";
        limit = Math.Min(limit, Paging.MaxLimit);
        return fault is null;
    }
}
