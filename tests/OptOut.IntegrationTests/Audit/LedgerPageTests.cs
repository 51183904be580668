using System.Diagnostics;
using System.Text;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger;
using OptOut.Ledger.Proofs;

namespace OptOut.IntegrationTests.Audit;

/// <summary>The lines that docs/ledger.md gives to auditors, taken from the page and run against a running service.</summary>
[Collection(RecordingCollection.Name)]
public sealed class LedgerPageTests(RecordingService recording) : IDisposable
{
    private readonly RunningService service = recording.Service;
    private readonly string directory = Servers.NewDirectory();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shell_lines_of_the_page_prove_a_receipt_and_refuse_a_changed_one()
    {
        Directory.CreateDirectory(directory);
        await service.StopManyAsync(20);
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        var answer = await service.GetAsync($"/v1/ledger/receipts/{stop.Json.Text("ledgerEntryId")}");
        Assert.Equal(200, answer.Status);
        var spki = (await service.GetAsync("/v1/ledger/key", "")).Json.GetProperty("keys")[0].Text("spki");
        await File.WriteAllBytesAsync(Path.Combine(directory, "spki.der"), Convert.FromBase64String(spki), Cancel);
        await File.WriteAllTextAsync(Path.Combine(directory, "verify-receipt"), Block(0), Cancel);

        var receipt = LedgerRig.Receipt(answer.Text);
        var proven = await RunAsync(answer.Text);
        var edited = receipt.Extra!.ToArray();
        edited[^3] ^= 1;
        var otherLeaf = await RunAsync(new Receipt(edited, receipt.Index, receipt.Hashes, receipt.Checkpoint).ToString());
        var otherPlace = await RunAsync(new Receipt(receipt.Extra, receipt.Index ^ 1, receipt.Hashes, receipt.Checkpoint).ToString());
        var unsigned = await RunAsync(answer.Text.Replace("optout.localhost\n", "optout.localhost\n1", StringComparison.Ordinal));

        Assert.Equal((0, Encoding.UTF8.GetString(receipt.Extra!)), (proven.ExitCode, proven.Output.TrimEnd('\n')));
        Assert.All([otherLeaf, otherPlace, unsigned], run => Assert.True(run.ExitCode != 0 && run.Output.Length == 0));
    }

    [Fact]
    public async Task The_commitment_of_the_page_is_the_one_in_the_leaf()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        var entry = stop.Json.Text("ledgerEntryId");
        var opening = (await service.GetAsync($"/v1/ledger/openings/{entry}", "auditor")).Json;
        var leaf = LedgerLeaf.Parse(LedgerRig.Receipt((await service.GetAsync($"/v1/ledger/receipts/{entry}")).Text).Extra);

        var run = await ShellAsync(["-c", $"nonce={opening.Text("nonce")} payload={opening.Text("payload")}\n{Block(1)}"]);

        Assert.Equal(Convert.ToBase64String(leaf.CommitmentHash.Span), run.Output.Trim());
    }

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private static string Block(int number)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "OptOut.sln")))
            root = Path.GetDirectoryName(root)!;
        return File.ReadAllText(Path.Combine(root, "docs", "ledger.md")).Split("```bash\n")[number + 1].Split("```")[0];
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string receipt)
    {
        var file = Path.Combine(directory, "one.tlog-proof");
        await File.WriteAllTextAsync(file, receipt, Cancel);
        return await ShellAsync([Path.Combine(directory, "verify-receipt"), file, Path.Combine(directory, "spki.der")]);
    }

    private static async Task<(int ExitCode, string Output)> ShellAsync(string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("bash", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        await error;
        return (process.ExitCode, output);
    }
}
