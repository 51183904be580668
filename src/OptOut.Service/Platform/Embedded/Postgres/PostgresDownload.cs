using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Platform.Embedded.Postgres;

/// <summary>
/// The pinned PostgreSQL of a machine that has none: fetched once by package name through the npm client, checked
/// against the hash below before anything is unpacked, for development only. Its OpenSSL is old; the server listens on
/// loopback without TLS.
/// </summary>
internal static class PostgresDownload
{
    public const int Major = 18;
    public const string Version = "18.4.0-beta.17";
    private const long LargestArchive = 64 << 20;
    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(3);

    /// <summary>Platform to SHA-512 of its archive, base64.</summary>
    private static readonly Dictionary<string, string> Hashes = new(StringComparer.Ordinal)
    {
        ["linux-x64"] = "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
        ["linux-arm64"] = "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
        ["darwin-arm64"] = "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
        ["darwin-x64"] = "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
    };

    /// <summary>What the npm client needs of our environment: its own settings, and the way out through a proxy.</summary>
    private static readonly string[] ClientPrefixes =
        ["HOME", "npm_config_", "http_proxy", "https_proxy", "no_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_"];

    /// <summary>The programs' folder, unpacked on first use.</summary>
    public static async Task<PostgresBinaries?> GetAsync(
        ServerDirectory home, List<string> looked, CancellationToken cancellationToken)
    {
        var unpacked = home.Child($"binaries-{Version}");
        var programs = Path.Combine(unpacked, "native", "bin");
        if (!Directory.Exists(unpacked) && !await FetchAsync(home, unpacked, looked, cancellationToken))
            return null;
        return await PostgresBinaries.ProbeAsync(programs, cancellationToken);
    }

    private static async Task<bool> FetchAsync(
        ServerDirectory home, string unpacked, List<string> looked, CancellationToken cancellationToken)
    {
        var platform = Platform();
        var package = $"@embedded-postgres/{platform}@{Version}";
        looked.Add($"the package {package} through npm");
        if (!Hashes.TryGetValue(platform, out var hash) || SearchPath.Find("npm") is not { } npm)
            return false;

        var work = home.Child("download.new");
        Discard(work);
        Directory.CreateDirectory(work);
        try
        {
            var pack = new ServerCommand(npm, ["pack", package, "--pack-destination", work, "--silent"])
            {
                Environment = ClientEnvironment(),
                WorkingDirectory = work,
            };
            if (await FetchedAsync(pack, work, looked, cancellationToken) is not { } archive)
                return false;
            await CheckAsync(archive, hash, cancellationToken);
            await UnpackAsync(archive, Path.Combine(work, "unpacked"), cancellationToken);
            Directory.Move(Path.Combine(work, "unpacked", "package"), unpacked);
            return true;
        }
        finally
        {
            Discard(work);
        }
    }

    /// <summary>Null where the client cannot fetch it; what it said belongs to what was looked for in vain.</summary>
    private static async Task<string?> FetchedAsync(
        ServerCommand pack, string work, List<string> looked, CancellationToken cancellationToken)
    {
        try
        {
            await ServerTool.RunAsync(pack, FetchLimit, cancellationToken);
            return Directory.GetFiles(work, "*.tgz").Single();
        }
        catch (EmbeddedServerException fault)
        {
            looked[^1] += $" ({fault.Message.ReplaceLineEndings(" ").Trim()})";
            return null;
        }
    }

    /// <summary>Refuses an archive that is not the pinned one, before a byte of it is unpacked.</summary>
    internal static async Task CheckAsync(string archive, string hash, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(archive);
        if (content.Length > LargestArchive ||
            Convert.ToBase64String(await SHA512.HashDataAsync(content, cancellationToken)) != hash)
        {
            throw new EmbeddedServerException(
                $"The fetched PostgreSQL {Version} is not the pinned one (its SHA-512 differs). It was not unpacked.");
        }
    }

    private static async Task UnpackAsync(string archive, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using (var content = File.OpenRead(archive))
        await using (var plain = new GZipStream(content, CompressionMode.Decompress))
            await TarFile.ExtractToDirectoryAsync(plain, folder, overwriteFiles: false, cancellationToken);

        var package = Path.Combine(folder, "package");
        await LinkAsync(package, cancellationToken);
        foreach (var directory in Directory.EnumerateDirectories(package, "*", SearchOption.AllDirectories).Append(package))
            FileModes.Add(directory, FileModes.EveryoneReads | FileModes.EveryoneEnters);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(package, "native", "bin")))
            FileModes.Add(file, FileModes.EveryoneReads | FileModes.EveryoneEnters);
    }

    /// <summary>The package format holds no symbolic links: it lists them instead.</summary>
    private static async Task LinkAsync(string package, CancellationToken cancellationToken)
    {
        await using var list = File.OpenRead(Path.Combine(package, "native", "pg-symlinks.json"));
        var links = await JsonSerializer.DeserializeAsync<Link[]>(list, JsonSerializerOptions.Web, cancellationToken);
        foreach (var link in links ?? [])
        {
            var path = Path.Combine(package, link.Target);
            File.CreateSymbolicLink(
                path, Path.GetRelativePath(Path.GetDirectoryName(path)!, Path.Combine(package, link.Source)));
        }
    }

    private static string Platform()
    {
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "other";
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }

    private static Dictionary<string, string> ClientEnvironment() =>
        Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => ClientPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(name => name, name => Environment.GetEnvironmentVariable(name)!);

    private static void Discard(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private sealed record Link(string Source, string Target);
}
