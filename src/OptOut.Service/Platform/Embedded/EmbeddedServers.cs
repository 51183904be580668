using System.Text.Json;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Platform.Embedded;

/// <summary>
/// Everything embedded mode runs beside the service: a private PostgreSQL, and a RabbitMQ where one is wanted and
/// installed. Disposed last, after the service has answered its last request.
/// </summary>
internal sealed class EmbeddedServers : IAsyncDisposable
{
    /// <summary>Says, to whoever may read the data directory, where the servers of the running service are.</summary>
    public const string AddressFile = "embedded.json";

    private readonly EmbeddedPostgres postgres;
    private readonly EmbeddedRabbitMq? broker;

    private EmbeddedServers(EmbeddedPostgres postgres, EmbeddedRabbitMq? broker)
    {
        this.postgres = postgres;
        this.broker = broker;
        Connections = postgres.Connections;
    }

    public EmbeddedPostgresConnections Connections { get; }

    /// <summary>Null where no broker was wanted or none is installed. Known before the broker is up.</summary>
    public Uri? BrokerUri => broker?.Uri;

    /// <summary>Ends when the broker accepts logins; at once where there is none. The service does not wait for it.</summary>
    public Task Ready => broker?.Ready ?? Task.CompletedTask;

    /// <param name="dataDirectory">Kept between runs; see <see cref="DefaultDataDirectory"/>.</param>
    /// <param name="wantBroker">False where a broker is configured.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="EmbeddedServerException">No PostgreSQL can be had, or the directory cannot be used.</exception>
    public static async Task<EmbeddedServers> StartAsync(
        string dataDirectory, bool wantBroker, CancellationToken cancellationToken)
    {
        EmbeddedRabbitMq? broker = null;
        FileModes.Make(dataDirectory, passable: Environment.IsPrivilegedProcess);
        try
        {
            // The slower one first: it boots while PostgreSQL does.
            if (wantBroker && EmbeddedRabbitMq.FindBinaries() is { } binaries)
            {
                broker = EmbeddedRabbitMq.Start(
                    new EmbeddedRabbitMqOptions(Path.Combine(dataDirectory, "rabbitmq")), binaries);
            }

            var postgres = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions(Path.Combine(dataDirectory, "postgres")), cancellationToken);
            var servers = new EmbeddedServers(postgres, broker);
            SecretFile.Write(
                Path.Combine(dataDirectory, AddressFile),
                JsonSerializer.SerializeToUtf8Bytes(
                    new { processId = Environment.ProcessId, rabbitMqUri = servers.BrokerUri?.AbsoluteUri }));
            return servers;
        }
        catch
        {
            await (broker?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Where embedded mode keeps everything unless OptOut__DataDirectory says otherwise.</summary>
    public static string DefaultDataDirectory()
    {
        if (Environment.IsPrivilegedProcess)
            return "/var/lib/optout";
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return Path.Combine(
            string.IsNullOrEmpty(state)
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state")
                : state,
            "optout");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(
            postgres.DisposeAsync().AsTask(), broker is null ? Task.CompletedTask : broker.DisposeAsync().AsTask());
    }
}
