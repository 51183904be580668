using System.Net.Sockets;
using OptOut.Service.Platform.Embedded.Broker;
using OptOut.Service.Platform.Embedded.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OptOut.Service.Platform.Embedded;

/// <summary>
/// A private RabbitMQ node on loopback with a port mapper of its own; both end with this process, however that ends.
/// Its address is known at once, the node itself is up some seconds later: see <see cref="Ready"/>.
/// Not thread-safe: one owner starts, stops and disposes it.
/// </summary>
internal sealed class EmbeddedRabbitMq : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MapperGrace = TimeSpan.FromSeconds(2);
    private readonly EmbeddedRabbitMqOptions options;
    private readonly RabbitMqBinaries binaries;
    private readonly ServerDirectory home;
    private readonly RabbitMqNode node;
    private readonly string nodeName;
    private readonly int mapperPort;
    private readonly CancellationTokenSource ended = new();
    private ServerProcess? server;
    private ServerProcess? mapper;
    private bool disposed;

    private EmbeddedRabbitMq(EmbeddedRabbitMqOptions options, RabbitMqBinaries binaries, ServerDirectory home)
    {
        this.options = options;
        this.binaries = binaries;
        this.home = home;
        var secrets = SecretFile.ReadOrMake(home.Child("secrets.json"), "password", "cookie", "node");
        mapperPort = LoopbackPort.Free();
        node = new RabbitMqNode(
            home,
            new RabbitMqPorts(
                options.Port ?? LoopbackPort.Free(),
                LoopbackPort.Free(),
                mapperPort,
                options.Management ? LoopbackPort.Free() : null),
            secrets["password"],
            secrets["cookie"]);
        nodeName = $"optout-{secrets["node"][..8]}@localhost";
    }

    /// <summary>The address with its login and virtual host, fixed for the life of this object.</summary>
    public Uri Uri => node.Uri;

    /// <summary>The management API with its login; null unless asked for.</summary>
    public Uri? ManagementUri => node.ManagementUri;

    /// <summary>The node's process id; null while it is stopped.</summary>
    public int? ProcessId => server is { HasExited: false } ? server.Id : null;

    /// <summary>Ends when a client can log in; fails with what the node said if it does not come up.</summary>
    public Task Ready { get; private set; } = Task.CompletedTask;

    /// <summary>Whether a broker can be had on this machine.</summary>
    public static RabbitMqBinaries? FindBinaries() => RabbitMqBinaries.Find();

    /// <summary>Returns as soon as the address is known; the node starts meanwhile.</summary>
    /// <exception cref="EmbeddedServerException">The directory is in use or cannot be reached by the node's account.</exception>
    public static EmbeddedRabbitMq Start(EmbeddedRabbitMqOptions options, RabbitMqBinaries binaries)
    {
        var home = ServerDirectory.Open(options.DataDirectory, ServerAccount.Choose("rabbitmq", "nobody"));
        try
        {
            var broker = new EmbeddedRabbitMq(options, binaries, home);
            broker.StartAgain();
            return broker;
        }
        catch
        {
            home.Dispose();
            throw;
        }
    }

    /// <summary>Starts the stopped or killed node on the same directory and ports.</summary>
    public void StartAgain()
    {
        Ready = Task.Run(() => StartAsync(ended.Token));
        // Whoever waits for it sees the fault; where nobody does, it must not end the process.
        _ = Ready.ContinueWith(
            static start => start.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
    }

    public Task StopAsync() => EndAsync(ServerSignal.Terminate);

    /// <summary>Kill without warning, as a fault.</summary>
    public Task KillAsync() => EndAsync(ServerSignal.Kill);

    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        await ended.CancelAsync();
        await Ready.ContinueWith(static _ => { }, TaskScheduler.Default);
        await StopAsync();
        ended.Dispose();
        home.Dispose();
    }

    private async Task EndAsync(ServerSignal signal)
    {
        await Task.WhenAny(Ready);
        if (server is not null)
            await server.EndAsync(signal, options.StopGrace);
        if (mapper is not null)
            await mapper.EndAsync(ServerSignal.Terminate, MapperGrace);
        server?.Dispose();
        mapper?.Dispose();
        server = mapper = null;
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await Orphans.EndAsync(
            node.Folder, Orphans.ReadLeader(node.PidFile), ServerSignal.Terminate, options.StopGrace, cancellationToken);
        await node.WriteAsync(cancellationToken);
        var environment = node.Environment(nodeName);
        mapper = ServerProcess.Start(
            Command(binaries.PortMapper, environment) with { Arguments = ["-port", $"{mapperPort}", "-address", "127.0.0.1"] },
            home.Child("epmd.log"));
        server = ServerProcess.Start(Command(binaries.Server, environment), home.Child("rabbitmq.log"));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.StartLimit);
        try
        {
            while (!await AcceptsAsync(deadline.Token))
            {
                if (server.HasExited)
                    throw new EmbeddedServerException($"RabbitMQ did not start:\n{server.LogTail()}");
                await Task.Delay(Poll, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EmbeddedServerException(
                $"RabbitMQ accepted no login within {options.StartLimit.TotalSeconds:0} s:\n{server.LogTail()}");
        }
    }

    private ServerCommand Command(string file, Dictionary<string, string> environment) => new(file, [])
    {
        Account = home.Account,
        DeathSignal = ServerSignal.Terminate,
        Environment = environment,
        WorkingDirectory = node.Folder,
    };

    /// <summary>A plain connection first: the client library's own attempt costs far more than a refused one.</summary>
    private async Task<bool> AcceptsAsync(CancellationToken cancellationToken)
    {
        try
        {
            using (var socket = new TcpClient())
                await socket.ConnectAsync(Uri.Host, Uri.Port, cancellationToken);
            await using var connection = await new ConnectionFactory { Uri = Uri }.CreateConnectionAsync(cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (BrokerUnreachableException)
        {
            return false;
        }
    }
}
