using System.Collections.Concurrent;
using OptOut.Service.Platform.Telemetry;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace OptOut.IntegrationTests.Portal;

/// <summary>Every line as the service would write it, by the service's own formatter.</summary>
internal sealed class CapturedLog : ILogEventSink
{
    private readonly JsonLineFormatter _formatter = new();

    public ConcurrentQueue<string> Lines { get; } = [];

    public SerilogLoggerProvider Provider() =>
        new(LoggingSetup.Configure(new LoggerConfiguration()).WriteTo.Sink(this).CreateLogger(), dispose: true);

    public void Emit(LogEvent logEvent)
    {
        using var line = new StringWriter();
        _formatter.Format(logEvent, line);
        Lines.Enqueue(line.ToString());
    }
}
