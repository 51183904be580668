using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OptOut.Service.Platform.Keys;

/// <summary>One master key as the file holds it.</summary>
internal sealed record MasterKey(string Id, DateTimeOffset CreatedAt, byte[] Secret, bool Live);

/// <summary>
/// The file <c>{ "keys": [ { "id", "createdAt", "secret", "use": "live" | "retired" } ] }</c>. Everything wrong with
/// it is told at once; a position or an id is named, never what stands in a secret.
/// </summary>
internal static class KeyRingFile
{
    public const int MaxFileBytes = 64 * 1024;
    public const int MaxLiveKeys = 2;
    public const int MaxRetiredKeys = 16;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite;

    public static IReadOnlyList<MasterKey> Read(string file, out IReadOnlyList<string> warnings)
    {
        var bytes = ReadBounded(file);
        try
        {
            warnings = Warnings(file);
            return KeyRingParser.Parse(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public static void Create(string file, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var secret = RandomNumberGenerator.GetBytes(KeyRing.KeyBytes);
        var id = "k" + now.ToString("yyyyMMdd", CultureInfo.InvariantCulture)
            + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2));

        // Written beside and put in place in one step, so that a crash leaves no half file and two starters cannot both win.
        var draft = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
        try
        {
            using (var stream = new FileStream(draft, DraftOptions()))
            {
                Write(stream, id, now, secret);
                stream.Flush(flushToDisk: true);
            }

            Publish(draft, file);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            File.Delete(draft);
        }
    }

    /// <summary>
    /// Fails where the file exists. On Unix a move asks first and renames then, so two starters could both be told yes;
    /// a hard link is made or refused in one step.
    /// </summary>
    private static void Publish(string draft, string file)
    {
        if (OperatingSystem.IsWindows())
            File.Move(draft, file, overwrite: false);
        else if (Link(PathBytes(draft), PathBytes(file)) != 0)
            throw new IOException($"The master key file cannot be made (errno {Marshal.GetLastPInvokeError()}).");
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] from, byte[] to);

    private static byte[] PathBytes(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static FileStreamOptions DraftOptions()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return options;
    }

    private static void Write(Stream stream, string id, DateTimeOffset createdAt, byte[] secret)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("keys");
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("createdAt", createdAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteBase64String("secret", secret);
        json.WriteString("use", "live");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static byte[] ReadBounded(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var buffer = new byte[MaxFileBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxFileBytes) throw new KeyRingException([$"it is larger than {MaxFileBytes} bytes"]);
            var bytes = buffer[..length];
            CryptographicOperations.ZeroMemory(buffer);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyRingException(["it does not exist"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeyRingException(["it cannot be read by this process"]);
        }
    }

    // Containers mount secrets as 0444, so a wide mode is worth a line in the log but not a refusal.
    private static string[] Warnings(string file)
    {
        if (OperatingSystem.IsWindows()) return [];
        var mode = File.GetUnixFileMode(file);
        return (mode & Others) == 0 ? [] :
            [$"the master key file is open to group or others (mode {Convert.ToString((int)mode, 8)}); 600 is enough"];
    }
}
