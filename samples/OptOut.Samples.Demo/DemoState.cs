using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Samples.Demo;

/// <summary>What the demo keeps between runs, readable by its owner only: the admin key, and each system's secret.</summary>
internal sealed class DemoState
{
    private const int KeyIdBytes = 8;
    private const int KeySecretBytes = 32;
    private readonly string secretsFile;
    private readonly SortedDictionary<string, string> secrets;

    private DemoState(string adminKey, string secretsFile)
    {
        AdminKey = adminKey;
        this.secretsFile = secretsFile;
        secrets = File.Exists(secretsFile)
            ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllBytes(secretsFile)) ?? []
            : [];
    }

    /// <summary><c>oo_</c>, 16 hexadecimal digits, <c>_</c>, 43 characters of base64url.</summary>
    public string AdminKey { get; }

    public static DemoState Open(DemoOptions options)
    {
        FileModes.Make(options.DataDirectory, passable: Environment.IsPrivilegedProcess);
        FileModes.Make(options.Logs, passable: false);
        FileModes.Make(options.State, passable: false);
        var keyFile = Path.Combine(options.State, "admin-key");
        if (!File.Exists(keyFile))
            SecretFile.Write(keyFile, Encoding.ASCII.GetBytes(NewKey()));
        return new DemoState(File.ReadAllText(keyFile).Trim(), Path.Combine(options.State, "secrets.json"));
    }

    public string? SecretOf(string system) => secrets.GetValueOrDefault(system);

    public void KeepSecret(string system, string secret)
    {
        secrets[system] = secret;
        SecretFile.Write(secretsFile, JsonSerializer.SerializeToUtf8Bytes(secrets));
    }

    private static string NewKey()
    {
        var id = RandomNumberGenerator.GetHexString(2 * KeyIdBytes, lowercase: true);
        return $"oo_{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeySecretBytes))}";
    }
}
