using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OptOut.Contracts;
using OptOut.Subscriber;

namespace OptOut.IntegrationTests.Subscriber;

/// <summary>A downstream system with a handler that remembers what it was handed.</summary>
internal sealed class SubscriberHost : IOptOutHandler, ILoggerProvider, ILogger, IAsyncDisposable
{
    private IHost? _host;

    internal ConcurrentQueue<OptOutNotice> Notices { get; } = new();

    /// <summary>All that was logged.</summary>
    internal ConcurrentQueue<string> Said { get; } = new();

    internal Func<OptOutNotice, HandlingResult> Answer { get; set; } =
        _ => HandlingResult.Applied("contacts", AppliedAction.Suppressed, 1, "flag");

    internal async Task<SubscriberHost> StartAsync(
        Uri broker, WebhookSecret secret, Action<OptOutSubscriberBuilder>? fence = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(this);
        builder.Services.AddSingleton<IOptOutHandler>(this);
        var subscriber = builder.Services.AddOptOutSubscriber<SubscriberHost>(options =>
        {
            options.System = FakeService.System;
            options.Secret = secret.Reveal();
            options.MaxAttempts = 3;
            options.RetryDelay = TimeSpan.FromMilliseconds(50);
            options.MaxRetryDelay = TimeSpan.FromMilliseconds(500);
        }).FromRabbitMq(options => options.Uri = broker.ToString());
        (fence ?? (chosen => chosen.FenceInMemory()))(subscriber);
        _host = builder.Build();
        await _host.StartAsync(TestContext.Current.CancellationToken);
        return this;
    }

    public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        Notices.Enqueue(notice);
        return Task.FromResult(Answer(notice));
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Said.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
        // The host disposes its log; the test looks at it afterwards.
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _host, null) is not { } host) return;
        await host.StopAsync(CancellationToken.None);
        host.Dispose();
    }
}
