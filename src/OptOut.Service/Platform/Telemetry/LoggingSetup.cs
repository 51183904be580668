using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>JSON lines on the console through a bounded buffer. A full buffer drops lines rather than slow a stop down.</summary>
internal static class LoggingSetup
{
    /// <summary>Lines that may wait for a slow console.</summary>
    public const int BufferedLines = 20_000;

    // Categories whose ordinary lines hold URLs, SQL or peer addresses.
    private static readonly string[] Silenced =
    [
        "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "System.Net.Http", "Npgsql", "MassTransit",
        "Microsoft.Extensions.Http",
    ];

    public static WebApplicationBuilder AddOptOutLogging(this WebApplicationBuilder builder)
    {
        var logger = Configure(new LoggerConfiguration())
            .WriteTo.Async(sink => sink.Console(new JsonLineFormatter()), BufferedLines, blockWhenFull: false)
            .CreateLogger();
        return builder.AddOptOutLogging(logger);
    }

    internal static WebApplicationBuilder AddOptOutLogging(this WebApplicationBuilder builder, Logger logger)
    {
        builder.Logging.ClearProviders();
        // Not AddSerilog: it lets every level of every category through, before the filters below are asked.
        builder.Logging.AddProvider(new SerilogLoggerProvider(logger, dispose: true));
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        foreach (var category in Silenced) builder.Logging.AddFilter(category, LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        return builder;
    }

    // The host's own filters decide the level; a floor here would be a second, hidden one.
    internal static LoggerConfiguration Configure(LoggerConfiguration configuration) =>
        configuration.MinimumLevel.Is(LogEventLevel.Verbose).Enrich.With(new ForeignShield());
}
