using System.Globalization;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Samples.Demo;

/// <summary>What the command line and the environment say.</summary>
/// <param name="WithSystems">False for <c>--no-demo</c>: the service alone.</param>
/// <param name="Port">The service's port on loopback; <c>PORT</c>, default 8080.</param>
/// <param name="DataDirectory">What the service keeps; <c>OptOut__DataDirectory</c>, default as the service's own.</param>
/// <param name="Root">The checkout, where the built programs are.</param>
internal sealed record DemoOptions(bool WithSystems, int Port, string DataDirectory, string Root)
{
    private const int DefaultPort = 8080;

    public Uri Service => new($"http://127.0.0.1:{Port}");

    public string Logs => Path.Combine(DataDirectory, "logs");

    public string State => Path.Combine(DataDirectory, "demo");

    public static DemoOptions Read(string[] arguments) => new(
        !arguments.Contains("--no-demo"),
        int.TryParse(Environment.GetEnvironmentVariable("PORT"), CultureInfo.InvariantCulture, out var port) ? port : DefaultPort,
        Environment.GetEnvironmentVariable("OptOut__DataDirectory") is { Length: > 0 } chosen
            ? Path.GetFullPath(chosen)
            : DefaultDataDirectory(),
        FindRoot());

    /// <summary>The built program of a project, made by the same build as this one.</summary>
    public string Program(string folder, string project)
    {
        var target = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var configuration = Path.GetFileName(
            Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;
        return Path.Combine(Root, folder, project, "bin", configuration, target, $"{project}.dll");
    }

    private static string DefaultDataDirectory()
    {
        if (Environment.IsPrivilegedProcess)
            return "/var/lib/optout";
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(string.IsNullOrEmpty(state) ? Path.Combine(home, ".local", "state") : state, "optout");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OptOut.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The demo runs from a checkout: OptOut.sln was not found above it.");
    }
}
