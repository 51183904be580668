using System.Buffers.Text;
using System.Security.Cryptography;
using OptOut.Benchmarks.Servers;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Benchmarks.Service;

/// <summary>The built service as a process of its own, configured as an operator would.</summary>
internal sealed class ServiceUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(60);
    private readonly ServerProcess process;

    private ServiceUnderTest(ServerProcess process, Uri address, string key)
    {
        this.process = process;
        Address = address;
        Key = key;
    }

    public Uri Address { get; }
    public string Key { get; }
    public int ProcessId => process.Id;

    public static async Task<ServiceUnderTest> StartAsync(BenchServers servers, CancellationToken cancellationToken)
    {
        var program = FindProgram();
        foreach (var (command, file) in new[] { ("new-master-key", MasterKeys(servers)), ("new-ledger-key", LedgerKeys(servers)) })
        {
            if (File.Exists(file))
                continue;
            var make = new ServerCommand("dotnet", [program, command, file]) { KeepsEnvironment = true };
            await ServerTool.RunAsync(make, ToolLimit, cancellationToken);
        }

        var address = new Uri($"http://127.0.0.1:{LoopbackPort.Free()}");
        var key = $"oo_{RandomNumberGenerator.GetHexString(16, lowercase: true)}_" +
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var service = new ServiceUnderTest(
            ServerProcess.Start(
                new ServerCommand("dotnet", [program])
                {
                    KeepsEnvironment = true,
                    Environment = Settings(servers, address, key),
                    WorkingDirectory = Path.GetDirectoryName(program)!,
                },
                Path.Combine(servers.Directory, "service.log")),
            address, key);
        try
        {
            await service.ReadyAsync(cancellationToken);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await process.EndAsync(ServerSignal.Terminate, StopGrace);
        process.Dispose();
    }

    private static string MasterKeys(BenchServers servers) => Path.Combine(servers.Directory, "master-keys.json");

    private static string LedgerKeys(BenchServers servers) => Path.Combine(servers.Directory, "ledger-keys.json");

    private static Dictionary<string, string> Settings(BenchServers servers, Uri address, string key)
    {
        var connections = servers.Connections;
        return new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__OptOut"] = connections.Service,
            ["ConnectionStrings__OptOutOwner"] = connections.Owner,
            ["ConnectionStrings__OptOutKeys"] = connections.KeysService,
            ["ConnectionStrings__OptOutKeysOwner"] = connections.Keys,
            ["RabbitMq__Uri"] = servers.BrokerUri.AbsoluteUri,
            ["OptOut__MasterKeyFile"] = MasterKeys(servers),
            ["OptOut__LedgerKeyFile"] = LedgerKeys(servers),
            ["OptOut__LedgerDirectory"] = Path.Combine(servers.Directory, "ledger"),
            ["OptOut__BootstrapAdminKey"] = key,
            ["OptOut__DataDirectory"] = Path.Combine(servers.Directory, "service"),
            ["Urls"] = address.AbsoluteUri,
        };
    }

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        var started = TimeProvider.System.GetTimestamp();
        while (!await IsReadyAsync(http, cancellationToken))
        {
            if (process.HasExited)
                throw new BenchException($"The service ended while it started:\n{process.LogTail()}");
            if (TimeProvider.System.GetElapsedTime(started) > StartLimit)
                throw new BenchException($"The service was not ready within {StartLimit.TotalSeconds:0} s:\n{process.LogTail()}");
            await Task.Delay(Poll, cancellationToken);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("/health/ready", cancellationToken);
            return answer.IsSuccessStatusCode
                && !(await answer.Content.ReadAsStringAsync(cancellationToken)).Contains("degraded", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The release build that the same command made.</summary>
    private static string FindProgram()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "OptOut.sln")))
                continue;
            var program = Path.Combine(
                folder.FullName, "src", "OptOut.Service", "bin", "Release", "net10.0", "OptOut.Service.dll");
            return File.Exists(program) ? program : throw new BenchException($"{program} is not built.");
        }

        throw new BenchException("The benchmark runs from a checkout: OptOut.sln was not found above it.");
    }

    public static string ResultsFolder()
    {
        var program = FindProgram();
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, "../../../../../bench/results"));
    }
}
