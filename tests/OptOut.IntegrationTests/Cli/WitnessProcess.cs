using System.Diagnostics;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;
using OptOut.Ledger.Notes;

namespace OptOut.IntegrationTests.Cli;

/// <summary>A key, a place and a port for <c>optout witness</c>, and the process itself once it is started.</summary>
internal sealed class WitnessProcess : IAsyncDisposable
{
    private readonly string _directory = Servers.NewDirectory();
    private Process? _process;

    private WitnessProcess(Uri url, string vkey) => (Url, Vkey) = (url, vkey);

    public Uri Url { get; }

    public string Vkey { get; }

    public NoteVerifier Verifier => NoteVerifier.Parse(Vkey);

    public HttpClient Http { get; private set; } = null!;

    /// <summary>What a service is configured with.</summary>
    public string[] Settings => [$"--OptOut:Witnesses:0:Url={Url}", $"--OptOut:Witnesses:0:VerifierKey={Vkey}"];

    private string KeyFile => Path.Combine(_directory, "key.json");

    public static async Task<WitnessProcess> PrepareAsync()
    {
        var url = new Uri(SdkSystem.FreeUrl().GetLeftPart(UriPartial.Authority));
        var directory = Servers.NewDirectory();
        Directory.CreateDirectory(directory);
        var made = await CliRun.RunAsync("witness", "new-key", "witness.example", Path.Combine(directory, "key.json"));
        Assert.True(made.ExitCode == 0, made.Error);
        var witness = new WitnessProcess(url, made.Output.Trim()) { Http = new HttpClient { BaseAddress = url } };
        Directory.Move(directory, witness._directory);
        return witness;
    }

    public async Task StartAsync(params IEnumerable<string> logVkeys)
    {
        _process = CliRun.Start(new Dictionary<string, string>(),
            ["witness", "--key-file", KeyFile, "--state", Path.Combine(_directory, "state"),
             "--listen", Url.GetLeftPart(UriPartial.Authority), "--vkey", .. logVkeys]);
        await Running.UntilAsync(IsUpAsync, "The witness does not answer.");
    }

    /// <summary>Ends it as a power cut does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> IsUpAsync()
    {
        Assert.False(_process!.HasExited, "The witness has ended.");
        try
        {
            return (await Http.GetAsync("/health/live")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
