using System.Diagnostics;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>Runs a short-lived tool of a server to its end, within a time limit, and gives its standard output.</summary>
internal static class ServerTool
{
    private const int MessageLimit = 4096;

    public static async Task<string> RunAsync(ServerCommand command, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = command.ToStartInfo();
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = SpawnThread.Start(start);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            if (process.ExitCode != 0)
            {
                throw new EmbeddedServerException(
                    $"{command.File} ended with code {process.ExitCode}: {Tail(await errors + await output)}");
            }

            return await output;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EmbeddedServerException($"{command.File} did not end within {limit.TotalSeconds:0} s.");
        }
        finally
        {
            End(process);
        }
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill();
    }

    private static string Tail(string text) => text.Length <= MessageLimit ? text.Trim() : text[^MessageLimit..].Trim();
}
