using System.Globalization;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Platform.Embedded.Postgres;

/// <summary>One installed PostgreSQL: the folder of its programs and its major version.</summary>
internal sealed record PostgresBinaries(string Folder, int Major)
{
    /// <summary>The SQL of this product needs at least this version.</summary>
    public const int OldestMajor = 15;

    private const string DebianRoot = "/usr/lib/postgresql";
    private static readonly string[] OtherRoots = ["/usr/local/opt", "/opt/homebrew/opt"];
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(10);

    public string Program(string name) => Path.Combine(Folder, name);

    /// <summary>
    /// The newest installed one that is new enough; where a cluster exists already, the one of its version. Null where
    /// nothing fits. <paramref name="looked"/> tells a person where it was looked.
    /// </summary>
    public static async Task<PostgresBinaries?> FindAsync(
        int? clusterMajor, List<string> looked, CancellationToken cancellationToken)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in await FoldersAsync(looked, cancellationToken))
        {
            if (await ProbeAsync(folder, cancellationToken) is { Major: >= OldestMajor } fit)
                found.Add(fit);
        }

        return found
            .Where(binaries => clusterMajor is null || binaries.Major == clusterMajor)
            .MaxBy(binaries => binaries.Major);
    }

    /// <summary>What stands in the folder; null where no server and no initdb are, or none that runs.</summary>
    public static async Task<PostgresBinaries?> ProbeAsync(string folder, CancellationToken cancellationToken)
    {
        var server = Path.Combine(folder, "postgres");
        if (!File.Exists(server) || !File.Exists(Path.Combine(folder, "initdb")))
            return null;
        // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
        var text = await SayAsync(new ServerCommand(server, ["--version"]), cancellationToken);
        var digits = new string([.. text.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, CultureInfo.InvariantCulture, out var major) ? new(folder, major) : null;
    }

    private static async Task<List<string>> FoldersAsync(List<string> looked, CancellationToken cancellationToken)
    {
        var folders = new List<string>();
        looked.Add($"{DebianRoot}/*/bin");
        folders.AddRange(Below(DebianRoot, "*"));
        foreach (var root in OtherRoots)
            folders.AddRange(Below(root, "postgresql@*"));
        looked.Add("PATH");
        folders.AddRange(SearchPath.Directories());
        looked.Add("pg_config --bindir");
        if (SearchPath.Find("pg_config") is { } config)
            folders.Add((await SayAsync(new ServerCommand(config, ["--bindir"]), cancellationToken)).Trim());
        return [.. folders.Where(folder => folder.Length > 0).Distinct()];
    }

    private static IEnumerable<string> Below(string root, string pattern) => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root, pattern).Select(version => Path.Combine(version, "bin"))
        : [];

    /// <summary>
    /// What a program prints; nothing where it fails. A link to a removed server, or Debian's pg_config beside a client
    /// alone, is no find, and no fault either.
    /// </summary>
    private static async Task<string> SayAsync(ServerCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await ServerTool.RunAsync(command, ToolLimit, cancellationToken);
        }
        catch (EmbeddedServerException)
        {
            return "";
        }
    }
}
