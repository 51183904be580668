using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OptOut.EndToEndTests.FirstMinute;

/// <summary>
/// What <c>./run</c> becomes once it has built: the demo's program, in a process group of its own as a terminal gives it.
/// </summary>
internal sealed partial class DemoProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Process _process;
    private readonly List<string> _said = [];

    private DemoProcess(Process process, int port)
    {
        _process = process;
        Url = $"http://127.0.0.1:{port}";
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Url { get; }

    public string Said
    {
        get
        {
            lock (_said)
                return string.Join('\n', _said);
        }
    }

    public string AdminKey => KeyLine().Match(Said).Groups[1].Value;

    public int ExitCode => _process.ExitCode;

    public static DemoProcess Start(string home, params string[] arguments)
    {
        var program = Path.Combine(
            Checkout.Root, "samples", "OptOut.Samples.Demo", "bin", "Release", "net10.0", "OptOut.Samples.Demo.dll");
        Assert.True(File.Exists(program), "The demo is not built: ./test builds it, or dotnet build OptOut.sln -c Release.");
        var port = FreePort();
        var start = new ProcessStartInfo("setsid", ["dotnet", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Checkout.Root,
        };
        // Nothing of the surroundings decides which servers it takes.
        foreach (var name in start.Environment.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["OptOut__DataDirectory"] = home;
        return new DemoProcess(Process.Start(start)!, port);
    }

    /// <summary>Returns once it has said this, and fails with all that it said where it ends before or takes too long.</summary>
    public async Task UntilSaidAsync(string words, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!Said.Contains(words, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited, $"It ended:\n{Said}");
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"It never said '{words}':\n{Said}");
            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>To the process alone, as a supervisor does, or to the whole group, as Ctrl-C does.</summary>
    public async Task EndAsync(string signal, bool wholeGroup, CancellationToken cancellationToken)
    {
        var target = (wholeGroup ? -_process.Id : _process.Id).ToString(CultureInfo.InvariantCulture);
        using var kill = Process.Start("kill", ["-s", signal, "--", target]);
        await kill.WaitForExitAsync(cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await _process.WaitForExitAsync(patience.Token);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (_said)
            _said.Add(line ?? "");
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"Admin key +(oo_\S+)")]
    private static partial Regex KeyLine();
}
