using System.Diagnostics;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Samples.Demo;

/// <summary>
/// A witness beside the service, to show the thing: <c>optout witness</c> with a key of its own. In earnest it runs elsewhere.
/// </summary>
internal sealed class DemoWitness
{
    private readonly DemoOptions options;
    private readonly string vkey;
    private readonly Uri url = new($"http://127.0.0.1:{LoopbackPort.Free()}");

    private DemoWitness(DemoOptions options, string vkey) => (this.options, this.vkey) = (options, vkey);

    /// <summary>What the service is configured with.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OptOut__Witnesses__0__Url"] = url.AbsoluteUri,
        ["OptOut__Witnesses__0__VerifierKey"] = vkey,
    };

    /// <summary>Makes the witness's key once; null where this machine has no Ed25519, which is said.</summary>
    public static async Task<DemoWitness?> PrepareAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.State);
        var known = Path.Combine(options.State, "witness.vkey");
        if (!File.Exists(known))
        {
            var start = new ProcessStartInfo(
                "dotnet", [options.Program("src", "OptOut.Cli"), "witness", "new-key", "demo-witness.localhost", KeyFile(options)])
            {
                RedirectStandardOutput = true,
            };
            File.Delete(KeyFile(options));
            using var process = Process.Start(start)!;
            var made = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                Console.WriteLine("No witness: its key could not be made.");
                return null;
            }

            await File.WriteAllTextAsync(known, made.Trim(), cancellationToken);
        }

        return new DemoWitness(options, await File.ReadAllTextAsync(known, cancellationToken));
    }

    /// <summary>Starts it with the log's keys, as the service tells them.</summary>
    public async Task StartAsync(Children children, ServiceClient service, CancellationToken cancellationToken)
    {
        var answer = await service.GetAsync("/v1/ledger/key", cancellationToken)
            ?? throw new DemoException("The service has no ledger.");
        var keys = Path.Combine(options.State, "ledger.vkeys");
        await File.WriteAllLinesAsync(
            keys, answer.Body["keys"]!.AsArray().Select(key => (string)key!["vkey"]!), cancellationToken);
        children.StartSystem("witness", "dotnet",
            [
                options.Program("src", "OptOut.Cli"), "witness", "--key-file", KeyFile(options),
                "--state", Path.Combine(options.State, "witness"), "--vkey-file", keys,
                "--listen", url.GetLeftPart(UriPartial.Authority),
            ],
            []);
    }

    private static string KeyFile(DemoOptions options) => Path.Combine(options.State, "witness.key");
}
