using System.Diagnostics;
using OpenTelemetry;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>
/// Takes out of every span what could hold an identifier or a token before it is exported: raw paths, queries and URLs
/// give way to the route, statements to the operation's name, exceptions to their type.
/// </summary>
internal sealed class SpanScrubber : BaseProcessor<Activity>
{
    private static readonly string[] Removed =
    [
        "url.path", "url.query", "url.full", "http.target", "http.url", "http.referer", "client.address", "client.port",
        "net.peer.ip", "network.peer.address", "network.peer.port", "user_agent.original", "enduser.id",
        "db.statement", "db.query.text", "exception.message", "exception.stacktrace", "server.address.full",
    ];

    public override void OnEnd(Activity data)
    {
        foreach (var name in Removed) data.SetTag(name, null);
        foreach (var (name, _) in data.TagObjects.Where(IsParameter).ToArray()) data.SetTag(name, null);
        // An event cannot be changed once it is there, and an exception's words may quote a value: such a span stays here.
        // Its parent still says that it failed.
        foreach (var happening in data.EnumerateEvents())
            if (happening.Name == "exception") data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        if (data.StatusDescription is not null) data.SetStatus(data.Status);
    }

    private static bool IsParameter(KeyValuePair<string, object?> tag) =>
        tag.Key.StartsWith("db.query.parameter", StringComparison.Ordinal)
        || tag.Key.StartsWith("http.request.header", StringComparison.Ordinal)
        || tag.Key.StartsWith("http.response.header", StringComparison.Ordinal);
}
