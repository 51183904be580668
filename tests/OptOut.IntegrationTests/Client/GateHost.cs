using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OptOut.Client;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Client;

/// <summary>A process with a gate, as a sender has it, in this process.</summary>
internal sealed class GateHost : IAsyncDisposable
{
    public static readonly string SnapshotKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly IHost _host;

    private GateHost(IHost host) => _host = host;

    public ISuppressionGate Gate => _host.Services.GetRequiredService<ISuppressionGate>();

    public OptOutClient Client => _host.Services.GetRequiredService<OptOutClient>();

    public static async Task<GateHost> StartAsync(
        RunningService service, Uri? address = null, string? snapshot = null, TimeProvider? clock = null,
        Action<OptOutClientBuilder>? more = null, string? key = null)
    {
        key ??= await service.KeyOfAsync("gate");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        if (clock is not null) builder.Services.AddSingleton(clock);
        var client = builder.Services.AddOptOutClient(options =>
        {
            options.BaseAddress = address ?? service.Http.BaseAddress;
            options.ApiKey = key;
        }).AddSuppressionGate(options =>
        {
            options.ReportInterval = TimeSpan.FromMilliseconds(50);
            (options.SnapshotPath, options.SnapshotKey) = (snapshot, snapshot is null ? null : SnapshotKey);
        });
        more?.Invoke(client);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new GateHost(host);
    }

    public SuppressionAnswer Ask(string email, string purpose = "marketing", string channel = "email") =>
        Gate.Check("email", email, purpose, channel);

    public async Task<GateHost> ReadyAsync()
    {
        await UntilAsync(() => Gate.Status.State == GateState.Ready);
        return this;
    }

    public Task UntilAsync(Func<bool> holds) => UntilAsync(holds, () => Gate.Status.ToString());

    public static async Task UntilAsync(Func<bool> holds, Func<string> state)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, state());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async Task StopAsync() => await _host.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
