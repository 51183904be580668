using System.Diagnostics;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>A running server. Its id is the server's own: every wrapper before it replaces itself.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int TailLines = 12;
    private readonly Process process;
    private readonly string logFile;

    private ServerProcess(Process process, string logFile)
    {
        this.process = process;
        this.logFile = logFile;
        Id = process.Id;
    }

    public int Id { get; }

    public bool HasExited => process.HasExited;

    public static ServerProcess Start(ServerCommand command, string logFile) =>
        new(SpawnThread.Start((command with { LogFile = logFile }).ToStartInfo()), logFile);

    public Task WaitForExitAsync(CancellationToken cancellationToken) => process.WaitForExitAsync(cancellationToken);

    /// <summary>Asks first, and kills what is still there after the grace.</summary>
    public async Task EndAsync(ServerSignal signal, TimeSpan grace)
    {
        if (process.HasExited)
            return;
        ServerSignals.Send(Id, signal);
        using var patience = new CancellationTokenSource(grace);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>The end of its log without stacks: what a person needs to see when it would not start.</summary>
    public string LogTail() => File.Exists(logFile)
        ? string.Join('\n', File.ReadLines(logFile).Where(line => !IsStack(line)).TakeLast(TailLines))
        : "";

    private static bool IsStack(string line) =>
        line.StartsWith("   at ", StringComparison.Ordinal) || line.StartsWith("   --- End", StringComparison.Ordinal);

    public void Dispose() => process.Dispose();
}
