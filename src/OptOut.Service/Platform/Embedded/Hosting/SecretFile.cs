using System.Security.Cryptography;
using System.Text.Json;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>Named random secrets in one JSON file that only its owner can read.</summary>
internal static class SecretFile
{
    private const int Bytes = 24;

    /// <summary>What the file holds; what it lacks is made and kept before it is used anywhere.</summary>
    public static IReadOnlyDictionary<string, string> ReadOrMake(string path, params ReadOnlySpan<string> names)
    {
        var secrets = File.Exists(path)
            ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllBytes(path)) ?? []
            : [];
        var known = secrets.Count;
        foreach (var name in names)
            secrets.TryAdd(name, RandomNumberGenerator.GetHexString(2 * Bytes, lowercase: true));
        if (secrets.Count > known)
            Write(path, JsonSerializer.SerializeToUtf8Bytes(secrets));
        return secrets;
    }

    /// <summary>Whole or not at all: written beside it and renamed.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        using (var file = FileModes.Create(fresh, FileModes.OwnerReadWrite))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
