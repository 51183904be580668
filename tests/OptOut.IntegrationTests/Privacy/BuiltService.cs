using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;
using OptOut.Service.Platform.Keys;

namespace OptOut.IntegrationTests.Privacy;

/// <summary>The built service in a process of its own at Debug level, with all it says and all it exports.</summary>
internal sealed class BuiltService : IAsyncDisposable
{
    private const string Key = "oo_00000000000000aa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private readonly Process _process;
    private readonly WebApplication _collector;
    private readonly string _directory;

    private BuiltService(Process process, WebApplication collector, string directory, Uri url)
    {
        (_process, _collector, _directory) = (process, collector, directory);
        process.OutputDataReceived += (_, line) => Said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => Said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(60) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public HttpClient Http { get; }

    /// <summary>Every line of its log.</summary>
    public ConcurrentQueue<string> Said { get; } = new();

    /// <summary>Every export by OTLP: the path and the bytes. Texts in protobuf are plain UTF-8.</summary>
    public ConcurrentQueue<(string Path, byte[] Bytes)> Exported { get; private init; } = new();

    public static async Task<BuiltService> StartAsync(
        TestDatabases databases, Uri broker, params (string Name, string Value)[] surroundings)
    {
        var exported = new ConcurrentQueue<(string, byte[])>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = builder.Build();
        collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            exported.Enqueue((context.Request.Path, body.ToArray()));
        });
        await collector.StartAsync();

        var directory = Servers.NewDirectory();
        Directory.CreateDirectory(directory);
        KeyRing.CreateFile(Path.Combine(directory, "master.json"), TimeProvider.System);
        var url = new Uri(SdkSystem.FreeUrl().GetLeftPart(UriPartial.Authority));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OptOut.Service.dll")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ConnectionStrings__OptOut"] = databases.Service, ["ConnectionStrings__OptOutOwner"] = databases.Owner,
            ["ConnectionStrings__OptOutKeys"] = databases.KeysService, ["ConnectionStrings__OptOutKeysOwner"] = databases.Keys,
            ["RabbitMq__Uri"] = broker.ToString(), ["OptOut__MasterKeyFile"] = Path.Combine(directory, "master.json"),
            ["OptOut__BootstrapAdminKey"] = Key, ["OptOut__DataDirectory"] = directory, ["Urls"] = url.ToString(),
            ["OptOut__AllowPrivateTargets"] = "true", ["OptOut__PublicBaseUrl"] = "https://stop.example.com",
            ["Logging__LogLevel__Default"] = "Debug", ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.First(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "300", ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
        })
            start.Environment[name] = value;
        foreach (var (name, value) in surroundings)
            start.Environment[name] = value;
        var service = new BuiltService(Process.Start(start)!, collector, directory, url) { Exported = exported };
        await Running.UntilAsync(service.IsUpAsync, "The service does not answer.");
        return service;
    }

    /// <summary>Ends it in an orderly way, so that every exporter has flushed.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(bound.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Http.Dispose();
        await _collector.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> IsUpAsync()
    {
        Assert.False(_process.HasExited, $"The service ended: {string.Join('\n', Said)}");
        try
        {
            using var answer = await Http.GetAsync("/health/live");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
