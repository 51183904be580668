using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Cli.Running;
using OptOut.Ledger.Notes;

namespace OptOut.Cli.Witness;

/// <summary>The witness's own key, in a file of its own: <c>{ "name", "ed25519Seed" }</c>. Never the log's.</summary>
internal sealed record WitnessKey(string Name, byte[] Ed25519Seed)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static WitnessKey Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), WitnessKeyJson.Default.WitnessKey)
                is { Name.Length: > 0, Ed25519Seed.Length: Ed25519.PrivateKeyBytes } key
                    ? key
                    : throw new JsonException();
        }
        catch (JsonException)
        {
            throw CommandException.CouldNot("The key file is no witness key. Make one: optout witness new-key NAME FILE");
        }
    }

    /// <exception cref="IOException">The file exists: keys are never replaced.</exception>
    public static WitnessKey Create(string name, string file)
    {
        var key = new WitnessKey(name, RandomNumberGenerator.GetBytes(Ed25519.PrivateKeyBytes));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var stream = new FileStream(file, options);
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(key, WitnessKeyJson.Default.WitnessKey));
        stream.Flush(flushToDisk: true);
        return key;
    }

    public NoteSigner Signer(TimeProvider clock)
    {
        try
        {
            return NoteSigner.Cosigner(Name, Ed25519Seed, clock);
        }
        catch (PlatformNotSupportedException)
        {
            throw CommandException.CouldNot("A witness needs Ed25519: libcrypto.so.3 (OpenSSL 3) is not on this machine.");
        }
        catch (FormatException)
        {
            throw CommandException.Usage("A witness's name has no space and no plus sign.");
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WitnessKey))]
internal sealed partial class WitnessKeyJson : JsonSerializerContext;
