using System.Collections.Frozen;
using System.Diagnostics;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>
/// How a server or one of its tools is started: under which account, with an environment of its own (nothing of the
/// service's, which holds secrets), in a session of its own (a Ctrl-C is for the service, which then ends the server in
/// order), and with a signal that the kernel sends when the service dies, however it dies.
/// </summary>
internal sealed record ServerCommand(string File, IReadOnlyList<string> Arguments)
{
    private static readonly FrozenSet<string> Inherited = new[] { "PATH", "TMPDIR", "TZ" }.ToFrozenSet();
    private static readonly Lazy<string?> SetPriv = new(FindSetPriv);
    private static readonly Lazy<string?> SetSid = new(() => SearchPath.Find("setsid"));

    public ServerAccount? Account { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = FrozenDictionary<string, string>.Empty;
    public string WorkingDirectory { get; init; } = "/";
    public ServerSignal DeathSignal { get; init; } = ServerSignal.Kill;

    /// <summary>For a child that is ours and takes its settings from the same environment; off for servers and tools.</summary>
    public bool KeepsEnvironment { get; init; }

    /// <summary>Standard output and error go to this file, emptied first; null leaves them to the caller.</summary>
    public string? LogFile { get; init; }

    public ProcessStartInfo ToStartInfo()
    {
        var words = new List<string>();
        if (LogFile is not null)
            words.AddRange(["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", LogFile]);
        if (SetSid.Value is { } setSid)
            words.Add(setSid);
        if (SetPriv.Value is { } setPriv)
            words.AddRange([setPriv, "--pdeathsig", DeathSignal.NameOf(), .. Switch(), "--"]);
        words.Add(File);
        words.AddRange(Arguments);

        var start = new ProcessStartInfo(words[0], words.Skip(1)) { WorkingDirectory = WorkingDirectory };
        if (SetPriv.Value is null && Account is not null)
            start.UserName = Account.Name;
        if (!KeepsEnvironment)
        {
            foreach (var name in start.Environment.Keys.Where(name => !Inherited.Contains(name)).ToArray())
                start.Environment.Remove(name);
            start.Environment["LC_ALL"] = "C.UTF-8";
        }

        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return start;
    }

    private string[] Switch() => Account is null
        ? []
        : ["--reuid", $"{Account.UserId}", "--regid", $"{Account.GroupId}", "--clear-groups"];

    /// <summary>Smaller userlands have a setpriv without the parent-death signal: it is tried once.</summary>
    private static string? FindSetPriv()
    {
        if (SearchPath.Find("setpriv") is not { } found)
            return null;
        using var trial = Process.Start(new ProcessStartInfo(found, ["--pdeathsig", "KILL", "--", "true"])
        {
            RedirectStandardError = true,
        })!;
        trial.WaitForExit();
        return trial.ExitCode == 0 ? found : null;
    }
}
