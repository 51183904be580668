using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.Contracts;
using OptOut.Subscriber;
using OptOut.Subscriber.Webhook;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>A downstream team's process: the subscriber SDK with one handler, from the queue or as a webhook.</summary>
internal sealed class SdkSystem : IOptOutHandler, IAsyncDisposable
{
    private WebApplication? _application;

    public ConcurrentQueue<OptOutNotice> Notices { get; } = new();

    public Func<OptOutNotice, HandlingResult> Answer { get; set; } =
        _ => HandlingResult.Applied("contacts", AppliedAction.Suppressed, 1, "flag");

    /// <summary>An address that nobody listens on yet: registration comes before the secret.</summary>
    public static Uri FreeUrl()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/optout");
    }

    public static Task<SdkSystem> FromQueueAsync(Downstream system, Uri broker) =>
        new SdkSystem().StartAsync(system, broker, url: null);

    public static Task<SdkSystem> AtAsync(Downstream system, Uri url) => new SdkSystem().StartAsync(system, broker: null, url);

    public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        Notices.Enqueue(notice);
        return Task.FromResult(Answer(notice));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _application, null) is { } application)
            await application.DisposeAsync();
    }

    private async Task<SdkSystem> StartAsync(Downstream system, Uri? broker, Uri? url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url is null ? "http://127.0.0.1:0" : $"http://{url.Authority}");
        builder.Services.AddSingleton<IOptOutHandler>(this);
        var subscriber = builder.Services.AddOptOutSubscriber<SdkSystem>(options =>
        {
            options.System = system.Name;
            options.Secret = system.Secret.Reveal();
        }).FenceInMemory();
        if (broker is not null)
            subscriber.FromRabbitMq(options => options.Uri = broker.ToString());
        _application = builder.Build();
        _application.MapOptOutWebhook("/optout");
        await _application.StartAsync();
        return this;
    }
}
