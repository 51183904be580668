using System.Diagnostics;
using System.Text.RegularExpressions;

namespace OptOut.EndToEndTests.FirstMinute;

/// <summary>
/// The commands of the README's section "Try it", as a newcomer pastes them: with the address and the key of a service
/// that runs, and nothing else changed.
/// </summary>
internal static partial class ReadmeLines
{
    private const string StepMark = "--- step";

    // Each call also says its status, on the error stream, where it stands in nobody's way.
    private const string Preamble =
        """
        set -euo pipefail
        curl() { command curl --max-time 30 -w '%{stderr}%{http_code}\n' "$@"; }
        """;

    private const string Afterwards =
        """
        printf '\nKEY=%s\nID=%s\nLINK=%s\n' "$KEY" "$ID" "$LINK"
        """;

    /// <summary>What each step printed, split at the block's empty lines, the variables at last, and each call's status.</summary>
    public static async Task<(string[] Steps, string[] Statuses)> RunAsync(
        string url, string adminKey, CancellationToken cancellationToken)
    {
        var script = string.Join($"\nprintf '\\n{StepMark}\\n'\n",
            (string[])[Preamble, .. Block(url, adminKey).Split("\n\n"), Afterwards]);
        var start = new ProcessStartInfo("bash", ["-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var bash = Process.Start(start)!;
        var printed = bash.StandardOutput.ReadToEndAsync(cancellationToken);
        var told = bash.StandardError.ReadToEndAsync(cancellationToken);
        await bash.StandardInput.WriteAsync(script.AsMemory(), cancellationToken);
        bash.StandardInput.Close();
        await bash.WaitForExitAsync(cancellationToken);
        Assert.True(bash.ExitCode == 0, $"The lines ended with {bash.ExitCode}:\n{await printed}\n{await told}");
        return (
            [.. (await printed).Split(StepMark).Skip(1).Select(step => step.Trim())],
            (await told).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Block(string url, string adminKey)
    {
        var block = TryIt().Match(Checkout.Read("README.md")).Groups[1].Value;
        var filled = KeyOfRun().Replace(block.Replace("http://127.0.0.1:8080", url, StringComparison.Ordinal), adminKey);
        Assert.Contains(url, filled, StringComparison.Ordinal);
        Assert.Contains(adminKey, filled, StringComparison.Ordinal);
        return filled.Trim();
    }

    [GeneratedRegex(@"## Try it\n.*?```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex TryIt();

    [GeneratedRegex("oo_…")]
    private static partial Regex KeyOfRun();
}
