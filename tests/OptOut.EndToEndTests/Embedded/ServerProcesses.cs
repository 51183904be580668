using System.Globalization;

namespace OptOut.EndToEndTests.Embedded;

/// <summary>What is at work in a directory, or logs to it, as the kernel sees it.</summary>
internal static class ServerProcesses
{
    private static readonly string[] Tables = ["tcp", "tcp6"];
    private static readonly string[] Places = ["cwd", "fd/1"];
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public static List<int> WorkingBelow(string directory)
    {
        var found = new List<int>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var id) &&
                Touches(entry, directory))
                found.Add(id);
        }

        return found;
    }

    public static async Task<bool> GoneAsync(string directory, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var left = patience; left > TimeSpan.Zero; left -= Poll)
        {
            if (WorkingBelow(directory).Count == 0)
                return true;
            await Task.Delay(Poll, cancellationToken);
        }

        return false;
    }

    /// <summary>Local TCP addresses that the process listens on, as the kernel writes them: 0100007F is 127.0.0.1.</summary>
    public static List<string> ListenAddresses(int processId)
    {
        var sockets = Directory.EnumerateFiles($"/proc/{processId}/fd")
            .Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))
            .Select(target => target[8..^1])
            .ToHashSet();
        return Tables
            .SelectMany(table => File.ReadLines($"/proc/{processId}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A" && sockets.Contains(fields[9]))
            .Select(fields => fields[1].Split(':')[0])
            .ToList();
    }

    private static bool Touches(string process, string directory)
    {
        try
        {
            return Places.Any(place => (new FileInfo(Path.Combine(process, place)).LinkTarget ?? "")
                .StartsWith(directory, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
