using System.Text.Json;

namespace OptOut.Tests.Ledger;

/// <summary>
/// Finds the published test vectors of others, which are not part of this repository: at OPTOUT_VECTORS, else in
/// ../shared/vectors beside the repository. Where they are missing a test passes, and says loudly that it ran nothing.
/// </summary>
internal static class PublicVectors
{
    private static readonly Lazy<string?> Folder = new(Find);

    internal static bool TryFind(string relative, out string path)
    {
        path = Folder.Value is { } folder ? Path.Combine(folder, relative) : "";
        if (path.Length > 0)
            return true;

        Console.WriteLine($"*** PUBLIC VECTORS NOT RUN: {relative} (set OPTOUT_VECTORS) ***");
        return false;
    }

    internal static bool TryRead(string relative, out JsonElement json)
    {
        json = default;
        if (!TryFind(relative, out var path))
            return false;

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        json = document.RootElement.Clone();
        return true;
    }

    internal static byte[] Base64(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? [] : Convert.FromBase64String(value.GetString()!);

    internal static byte[][] Base64List(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? [] : [.. value.EnumerateArray().Select(Base64)];

    internal static byte[] Hex(JsonElement value) => Convert.FromHexString(value.GetString()!);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("OPTOUT_VECTORS") is { Length: > 0 } named)
            return Directory.Exists(named)
                ? named
                : throw new DirectoryNotFoundException("OPTOUT_VECTORS names no folder.");

        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "OptOut.sln")))
            root = root.Parent;

        var beside = root is null ? "" : Path.Combine(root.FullName, "..", "shared", "vectors");
        return Directory.Exists(beside) ? beside : null;
    }
}
