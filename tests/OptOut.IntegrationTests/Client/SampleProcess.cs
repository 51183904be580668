using System.Collections.Concurrent;
using System.Diagnostics;

namespace OptOut.IntegrationTests.Client;

/// <summary>A built sample in a process of its own.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();

    private SampleProcess(Process process, Uri url)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient { BaseAddress = url };
    }

    public HttpClient Http { get; }

    public static async Task<SampleProcess> StartAsync(
        string sample, Uri url, IReadOnlyDictionary<string, string> environment, string readyAt)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"OptOut.Samples.{sample}.dll")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["URLS"] = url.GetLeftPart(UriPartial.Authority);
        var started = new SampleProcess(Process.Start(start)!, url);
        try
        {
            await GateHost.UntilAsync(() => started.Answers(readyAt), () => string.Join('\n', started._said));
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>As a crash does it.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        Http.Dispose();
    }

    private bool Answers(string path)
    {
        Assert.False(_process.HasExited, string.Join('\n', _said));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            using var response = Http.Send(request);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
