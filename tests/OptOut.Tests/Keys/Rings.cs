using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

/// <summary>Key rings from files with known secrets.</summary>
internal static class Rings
{
    public static string Secret(byte first) =>
        Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)(first + i))]);

    public static string Key(string id, string createdAt, byte first, string use = "live") =>
        $$"""{ "id": "{{id}}", "createdAt": "{{createdAt}}", "secret": "{{Secret(first)}}", "use": "{{use}}" }""";

    public static KeyRing Of(params string[] keys) => FromText($$"""{ "keys": [ {{string.Join(", ", keys)}} ] }""");

    /// <summary>The ring whose formats the tests pin: key k1 with the secret 00 01 … 1f.</summary>
    public static KeyRing One() => Of(Key("k1", "2026-01-01T00:00:00.000Z", 0));

    public static KeyRing FromText(string text)
    {
        using var file = new KeyFile(text);
        return KeyRing.Load(file.Path);
    }
}

/// <summary>A file of its own directory that goes away with the test.</summary>
internal sealed class KeyFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("optout-keys-");

    public KeyFile(string? text = null)
    {
        if (text is null) return;
        File.WriteAllText(Path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public string Path => System.IO.Path.Combine(_directory.FullName, "master.json");

    public void Dispose() => _directory.Delete(recursive: true);
}
