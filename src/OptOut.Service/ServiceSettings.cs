using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Propagation;
using OptOut.Service.Propagation.Dispatch;

namespace OptOut.Service;

/// <summary>The documented configuration, read once and whole: every fault of it is told at once.</summary>
internal sealed record ServiceSettings
{
    public required bool Embedded { get; init; }
    public required string DataDirectory { get; init; }
    public required Uri? BrokerUri { get; init; }
    public required ChannelSettings Channels { get; init; }
    public required EventSource EventSource { get; init; }
    public required string MasterKeyFile { get; init; }
    public required LedgerSettings Ledger { get; init; }
    public DatabaseOptions Databases { get; private init; } = null!;

    public static ServiceSettings From(IConfiguration configuration, IHostEnvironment environment)
    {
        var faults = new List<string>();
        var embedded = configuration.GetConnectionString("OptOut") is null;
        if (embedded && !environment.IsDevelopment() && configuration["OPTOUT_EMBEDDED"] != "1")
            faults.Add("ConnectionStrings__OptOut is not set. Set it, or ask for embedded servers with OPTOUT_EMBEDDED=1.");

        Uri? broker = null;
        if (configuration["RabbitMq:Uri"] is { Length: > 0 } uri
            && (!Uri.TryCreate(uri, UriKind.Absolute, out broker) || broker.Scheme is not ("amqp" or "amqps")))
            faults.Add("RabbitMq__Uri is no amqp:// or amqps:// address.");

        var dataDirectory = configuration["OptOut:DataDirectory"] is { Length: > 0 } directory
            ? directory
            : EmbeddedServers.DefaultDataDirectory();
        var masterKeyFile = configuration["OptOut:MasterKeyFile"];
        if (masterKeyFile is null && !embedded)
            faults.Add("OptOut__MasterKeyFile is not set. Make one with 'OptOut.Service new-master-key FILE'.");

        var origin = configuration["OptOut:Origin"] ?? "optout.localhost";
        // Only embedded mode has a place of its own to keep what is not set.
        string? Setting(string name, string file) => configuration[$"OptOut:{name}"] is { Length: > 0 } path
            ? path
            : embedded ? Path.Combine(dataDirectory, file) : null;
        var ledger = Setting("LedgerDirectory", "ledger");
        var channels = ChannelSettings.From(configuration, faults);
        faults.AddRange(DatabaseOptions.Faults(configuration));
        if (faults.Count > 0)
            throw new ConfigurationException(faults);
        return new ServiceSettings
        {
            Embedded = embedded,
            DataDirectory = dataDirectory,
            BrokerUri = broker,
            Channels = channels,
            EventSource = new EventSource("https://" + origin, $"https://{origin}/asyncapi.yaml"),
            MasterKeyFile = masterKeyFile ?? Path.Combine(dataDirectory, "master-keys.json"),
            Ledger = new LedgerSettings(
                origin, Setting("LedgerKeyFile", "ledger-keys.json"), ledger,
                configuration["OptOut:LedgerArchiveDirectory"] is { Length: > 0 } archive ? archive : Beside(ledger)),
            Databases = embedded ? null! : DatabaseOptions.From(configuration),
        };
    }

    /// <summary>Not inside the published directory: that may be handed out by any file server.</summary>
    private static string? Beside(string? ledger) => ledger is null ? null : ledger.TrimEnd('/') + "-archive";

    /// <summary>The settings once the embedded servers are known: their logins, their broker, a master key of their own.</summary>
    /// <exception cref="KeyRingException">The master key is gone, and the database was written under it.</exception>
    public async Task<ServiceSettings> WithAsync(EmbeddedServers servers, CancellationToken cancellationToken)
    {
        var connections = servers.Connections;
        if (!File.Exists(MasterKeyFile))
        {
            if (await MasterKeyWatch.IsInUseAsync(connections.Owner, cancellationToken))
                throw new KeyRingException(["it does not exist, and the database was written under an earlier one"]);
            KeyRing.CreateFile(MasterKeyFile, TimeProvider.System);
        }

        if (!File.Exists(Ledger.KeyFile))
            LedgerKeys.CreateFile(Ledger.KeyFile!);
        return this with
        {
            BrokerUri = BrokerUri ?? servers.BrokerUri,
            Databases = new DatabaseOptions(
                connections.Service, connections.Owner, connections.KeysService, connections.Keys),
        };
    }
}

/// <summary>The configuration cannot be used; the message lists every fault.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> faults)
    : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
