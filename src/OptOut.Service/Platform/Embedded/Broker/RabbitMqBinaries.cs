using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Platform.Embedded.Broker;

/// <summary>An installed RabbitMQ: the folder of its own scripts, and Erlang's port mapper.</summary>
internal sealed record RabbitMqBinaries(string Scripts, string PortMapper)
{
    private static readonly string[] KnownFolders = ["/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin"];
    private static readonly string[] ErlangFolders = ["/usr/lib/erlang/bin", "/usr/local/lib/erlang/bin"];

    public string Server => Path.Combine(Scripts, "rabbitmq-server");

    /// <summary>
    /// Null where none is installed. A packaged wrapper in PATH (it switches to an account and directories of its own) is
    /// passed over: the scripts proper stand beside <c>rabbitmq-env</c>.
    /// </summary>
    public static RabbitMqBinaries? Find()
    {
        var scripts = KnownFolders.Concat(SearchPath.Directories()).Select(Resolve).FirstOrDefault(HoldsScripts);
        var mapper = SearchPath.Find("epmd")
            ?? ErlangFolders.Select(folder => Path.Combine(folder, "epmd")).FirstOrDefault(File.Exists);
        return scripts is null || mapper is null || SearchPath.Find("erl") is null ? null : new(scripts, mapper);
    }

    private static bool HoldsScripts(string folder) =>
        File.Exists(Path.Combine(folder, "rabbitmq-server")) && File.Exists(Path.Combine(folder, "rabbitmq-env"));

    /// <summary>Follows a link in PATH to the folder that it comes from; a link to nowhere, as a removal leaves it, is none.</summary>
    private static string Resolve(string folder)
    {
        try
        {
            var server = new FileInfo(Path.Combine(folder, "rabbitmq-server"));
            return server.ResolveLinkTarget(returnFinalTarget: true) is { } target
                ? Path.GetDirectoryName(target.FullName)!
                : folder;
        }
        catch (IOException)
        {
            return folder;
        }
    }
}
