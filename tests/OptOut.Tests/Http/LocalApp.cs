using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.Service.Platform.Http;

namespace OptOut.Tests.Http;

/// <summary>The real HTTP front on a port of its own, with the routes that a test gives it.</summary>
internal sealed class LocalApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private LocalApp(WebApplication app, LinesLogger log)
    {
        this.app = app;
        Log = log;
        Address = new Uri(app.Urls.First());
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
    }

    public HttpClient Client { get; }

    public Uri Address { get; }

    public LinesLogger Log { get; }

    public IServiceProvider Services => app.Services;

    public static async Task<LocalApp> StartAsync(
        Action<WebApplication> map, Action<WebApplicationBuilder>? add = null, params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = arguments });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddOptOutHttp();
        var log = new LinesLogger();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        add?.Invoke(builder);
        var app = builder.Build();
        app.UseOptOutHttp();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new LocalApp(app, log);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}
