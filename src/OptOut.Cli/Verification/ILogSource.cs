using OptOut.Cli.Running;

namespace OptOut.Cli.Verification;

/// <summary>Where a published log is read from: files by their C2SP names.</summary>
internal interface ILogSource
{
    /// <summary>Whether the leaves themselves can be read, not only their hashes.</summary>
    bool HasEntries { get; }

    /// <summary>A file's bytes; null where there is none.</summary>
    Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken);
}

/// <summary>A directory of tiles: a mirror, a backup, or the published one itself.</summary>
internal sealed class DirectoryLogSource(string directory) : ILogSource
{
    private const long MaxFileBytes = 32 * 1024 * 1024;

    public bool HasEntries { get; } = Directory.Exists(Path.Combine(directory, "tile", "entries"));

    public async Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Combine(directory, path));
        if (!file.Exists)
            return null;
        return file.Length <= MaxFileBytes
            ? await File.ReadAllBytesAsync(file.FullName, cancellationToken)
            : throw CommandException.CouldNot($"{path} is too long.");
    }
}

/// <summary>A running service. Hashes are public; the leaves need a key with the role auditor.</summary>
internal sealed class ServiceLogSource(Api api) : ILogSource
{
    public bool HasEntries => api.HasKey;

    public Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken) =>
        api.GetAsync("v1/ledger/" + path, cancellationToken);
}
