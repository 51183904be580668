using Serilog.Core;
using Serilog.Events;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>
/// Blanks what libraries put into their log events: their texts hold URLs, statements, addresses and the words of
/// exceptions, and nobody here chose them. Their templates, numbers and event ids stay. Our own categories pass as they
/// are, since their parameters are chosen one by one.
/// </summary>
internal sealed class ForeignShield : ILogEventEnricher
{
    private const string Ours = "OptOut";

    // The host's own few lines say where it listens.
    private const string Lifetime = "Microsoft.Hosting.Lifetime";

    private static readonly string[] Kept = [Constants.SourceContextPropertyName, "TraceId", "SpanId", "ParentId", "EventId"];

    private static readonly ScalarValue Blank = new("-");

    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        if (IsOurs(logEvent))
        {
            // What the framework attaches to every event of a request.
            logEvent.RemovePropertyIfPresent("RequestPath");
            logEvent.RemovePropertyIfPresent("ConnectionId");
            return;
        }

        foreach (var (name, value) in logEvent.Properties.ToArray())
        {
            if (Kept.Contains(name) || value is ScalarValue { Value: null or bool or int or long or double or TimeSpan }) continue;
            logEvent.AddOrUpdateProperty(new LogEventProperty(name, Blank));
        }
    }

    private static bool IsOurs(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out var source)
        && source is ScalarValue { Value: string category }
        && (category.StartsWith(Ours, StringComparison.Ordinal) || category == Lifetime);
}
