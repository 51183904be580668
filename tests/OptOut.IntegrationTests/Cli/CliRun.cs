using System.Diagnostics;
using System.Text.Json;

namespace OptOut.IntegrationTests.Cli;

/// <summary>The built command line, as a process of its own.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Output);

    public static Task<CliRun> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string>(), arguments);

    /// <param name="environment">The environment that it gets besides ours: secrets go no other way.</param>
    public static async Task<CliRun> RunAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var bound = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(bound.Token);
        return new CliRun(process.ExitCode, await output, await error);
    }

    /// <summary>Starts it and leaves it running.</summary>
    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "OptOut.Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
