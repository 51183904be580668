using System.Globalization;
using System.Text;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Platform.Embedded.Broker;

/// <summary>The ports of one node, all on loopback.</summary>
internal sealed record RabbitMqPorts(int Amqp, int Distribution, int Mapper, int? Management);

/// <summary>
/// The files and environment of a private node: nothing of it lies outside its directory or listens beyond loopback, and
/// no setting of an installed broker reaches it.
/// </summary>
internal sealed class RabbitMqNode(ServerDirectory home, RabbitMqPorts ports, string password, string cookie)
{
    public const string User = "optout";
    public const string VirtualHost = "optout";
    private const string State = "node";

    /// <summary>The node's home; also its working directory, by which an orphan is known.</summary>
    public string Folder => home.Child(State);

    public string PidFile => Path.Combine(Folder, "node.pid");

    public Uri Uri => new($"amqp://{User}:{password}@127.0.0.1:{ports.Amqp}/{VirtualHost}");

    public Uri? ManagementUri => ports.Management is { } port ? new($"http://{User}:{password}@127.0.0.1:{port}/") : null;

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        await home.MakeOwnAsync(State, cancellationToken);
        var plugins = ports.Management is null ? "[]." : "[rabbitmq_management].";
        SecretFile.Write(Path.Combine(Folder, "rabbitmq.conf"), Encoding.ASCII.GetBytes(Configuration()));
        SecretFile.Write(Path.Combine(Folder, "enabled_plugins"), Encoding.ASCII.GetBytes(plugins));
        SecretFile.Write(Path.Combine(Folder, ".erlang.cookie"), Encoding.ASCII.GetBytes(cookie));
        await home.GiveAsync(Folder, cancellationToken);
    }

    /// <summary>
    /// The default user is made once, when the node is blank. Logs hold warnings only, and are bounded. A disk or memory
    /// alarm of a machine shared with other work would silently stop publishing: the limits are low and absolute.
    /// </summary>
    private string Configuration()
    {
        var lines = new List<string>
        {
            Invariant($"listeners.tcp.1 = 127.0.0.1:{ports.Amqp}"),
            $"default_user = {User}",
            $"default_pass = {password}",
            $"default_vhost = {VirtualHost}",
            "default_user_tags.administrator = true",
            "log.file.level = warning",
            "log.file.rotation.size = 10485760",
            "log.file.rotation.count = 2",
            "log.console = false",
            "disk_free_limit.absolute = 64MB",
        };
        if (ports.Management is { } management)
        {
            lines.Add("management.tcp.ip = 127.0.0.1");
            lines.Add(Invariant($"management.tcp.port = {management}"));
        }

        return string.Join('\n', lines) + '\n';
    }

    public Dictionary<string, string> Environment(string nodeName) => new(StringComparer.Ordinal)
    {
        ["HOME"] = Folder,
        ["RABBITMQ_NODENAME"] = nodeName,
        ["RABBITMQ_NODE_PORT"] = Text(ports.Amqp),
        ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_DIST_PORT"] = Text(ports.Distribution),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(Folder, "mnesia"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(Folder, "log"),
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(Folder, "rabbitmq"),
        ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(Folder, "none"),
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(Folder, "none"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Folder, "enabled_plugins"),
        ["RABBITMQ_PID_FILE"] = PidFile,
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
            // The node shares its machine with the service and the database: its schedulers must not spin for work.
            "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["ERL_EPMD_PORT"] = Text(ports.Mapper),
        // The start script then becomes the broker instead of waiting beside it: signals reach the node itself.
        ["RUNNING_UNDER_SYSTEMD"] = "true",
    };

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
