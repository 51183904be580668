using System.Runtime.InteropServices;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>The signals that servers are ended with; the numbers are the same on Linux and macOS.</summary>
internal enum ServerSignal
{
    /// <summary>PostgreSQL: fast shutdown.</summary>
    Interrupt = 2,
    Kill = 9,

    /// <summary>RabbitMQ and tools: orderly stop.</summary>
    Terminate = 15,
}

internal static class ServerSignals
{
    /// <summary>The name as setpriv takes it.</summary>
    public static string NameOf(this ServerSignal signal) => signal switch
    {
        ServerSignal.Interrupt => "INT",
        ServerSignal.Terminate => "TERM",
        _ => "KILL",
    };

    /// <summary>False when no such process is left.</summary>
    public static bool Send(int processId, ServerSignal signal) => Kill(processId, (int)signal) == 0;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
