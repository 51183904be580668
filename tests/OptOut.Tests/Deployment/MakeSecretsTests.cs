using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Ledger.Notes;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Deployment;

public sealed class MakeSecretsTests : IDisposable
{
    private readonly string folder = Path.Combine(
        Path.GetTempPath(), $"optout-deploy-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Secrets => Path.Combine(folder, "secrets");

    [Fact]
    public async Task Every_file_that_compose_mounts_is_made_once_and_then_kept()
    {
        await RunAsync();
        var made = await ReadAsync();
        await RunAsync();

        Assert.Equal(made, await ReadAsync());
        foreach (var (_, file) in ComposeFile.Read().At("secrets/*/file"))
            Assert.Contains(Path.GetFileName(file), made.Keys);
        Assert.All(made.Where(file => file.Key is not ("crm" or "mailer")), file => Assert.NotEmpty(file.Value));
        Assert.Equal(made["postgres-owner"], made["database-owner"].Split("Password=")[1]);
        Assert.DoesNotContain(Environment.NewLine, made["rabbitmq-uri"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_machines_never_get_the_same_secret()
    {
        await RunAsync();
        var first = await ReadAsync();
        Directory.Delete(Secrets, recursive: true);
        await RunAsync();
        var second = await ReadAsync();

        Assert.All(
            first.Where(file => file.Value.Length > 0), file => Assert.NotEqual(file.Value, second[file.Key]));
    }

    [Fact]
    public async Task The_service_accepts_what_was_made()
    {
        await RunAsync();
        var made = await ReadAsync();

        Assert.Matches("^oo_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$", made["admin-key"]);
        Assert.NotNull(KeyRing.Load(Path.Combine(Secrets, "master-keys.json")));
        using var ledger = LedgerKeys.Load(new LedgerSettings("log.example", Path.Combine(Secrets, "ledger-keys.json"), null));
        Assert.Equal("log.example", ledger.Verifiers[0].Name);
        using var composed = LedgerKeys.Load(new LedgerSettings("optout.localhost", Path.Combine(Secrets, "ledger-keys.json"), null));
        Assert.Equal(composed.Verifiers[0].ToString(), made["ledger-vkey"]);
        using var witness = JsonDocument.Parse(made["witness-key.json"]);
        Assert.Equal(
            NoteSigner.Cosigner("witness.localhost", witness.RootElement.GetProperty("ed25519Seed").GetBytesFromBase64(), TimeProvider.System)
                .Verifier.ToString(),
            made["witness-vkey"]);
        Assert.True(Uri.TryCreate(made["rabbitmq-uri"], UriKind.Absolute, out _));
    }

    [Fact]
    public async Task Nobody_else_on_the_machine_can_reach_them()
    {
        await RunAsync();

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(Secrets));
    }

    public void Dispose()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>A copy of the script makes its files beside itself: a developer's own secrets are never touched.</summary>
    private async Task RunAsync()
    {
        Directory.CreateDirectory(folder);
        var script = Path.Combine(folder, "make-secrets");
        File.Copy(Path.Combine(RepositoryFiles.Root, "deploy", "make-secrets"), script, overwrite: true);
        using var process = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    private async Task<SortedDictionary<string, string>> ReadAsync()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Secrets))
            files[Path.GetFileName(file)] = await File.ReadAllTextAsync(file, Cancellation);
        return files;
    }
}
