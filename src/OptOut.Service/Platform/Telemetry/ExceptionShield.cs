using Serilog.Core;
using Serilog.Events;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>
/// Takes exceptions out of a log event's properties: a message template that names one would print its message, past the
/// formatter. Also drops what the framework attaches of a request (path, query, host, connection).
/// </summary>
internal sealed class ExceptionShield : ILogEventEnricher, IDestructuringPolicy
{
    private static readonly string[] OfRequests =
        ["RequestPath", "Path", "QueryString", "Host", "PathBase", "ConnectionId", "RequestId", "ActionId", "Url", "Uri"];

    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        foreach (var name in OfRequests)
        {
            // Our own events name the request by the id that callers see.
            if (name != "RequestId" || IsFrameworks(logEvent)) logEvent.RemovePropertyIfPresent(name);
        }

        foreach (var (name, value) in logEvent.Properties)
            if (value is ScalarValue { Value: Exception exception })
                logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(exception.GetType().FullName)));
    }

    public bool TryDestructure(
        object value, ILogEventPropertyValueFactory propertyValueFactory, out LogEventPropertyValue result)
    {
        result = new ScalarValue(value.GetType().FullName);
        return value is Exception;
    }

    private static bool IsFrameworks(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue("SourceContext", out var source)
        && source is ScalarValue { Value: string category }
        && !category.StartsWith("OptOut", StringComparison.Ordinal);
}
