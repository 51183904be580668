using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OptOut.Service.Platform.Http;

/// <summary>What the HTTP front contributes: server limits, JSON rules, and the frame around every request.</summary>
internal static class HttpSetup
{
    private const int MaxHeaderBytes = 16 * 1024;
    private const double MinBodyBytesPerSecond = 240;

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SlowBodyGrace = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder AddOptOutHttp(this WebApplicationBuilder builder)
    {
        var options = HttpOptions.From(builder.Configuration);
        builder.Services.AddSingleton(options);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(json => OptOutJson.Apply(json.SerializerOptions));
        // A parameter that does not bind is then an exception, which the frame explains as a problem.
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, options));
        return builder;
    }

    /// <summary>Call first: the frame must be around everything, routing included.</summary>
    public static WebApplication UseOptOutHttp(this WebApplication app)
    {
        app.UseMiddleware<RequestFrame>();
        app.UseRouting();
        return app;
    }

    internal static void Limit(KestrelServerOptions kestrel, HttpOptions options)
    {
        kestrel.AddServerHeader = false;
        // Whatever the operating system would still take; configuration may narrow it further.
        kestrel.ConfigureHttpsDefaults(https => https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = RequestBody.BatchLimit;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(MinBodyBytesPerSecond, SlowBodyGrace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(MinBodyBytesPerSecond, SlowBodyGrace);
    }
}
