using System.Globalization;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>
/// Processes that an earlier service, killed hard, has left at work in a directory of ours. Only asked while the
/// directory's lock is held, so whoever is found has no service any more. A new server must not start beside them: two
/// sets of processes writing one database destroy it.
/// </summary>
internal static class Orphans
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks the leader, which ends the others; kills what is left after the grace.</summary>
    public static async Task EndAsync(
        string directory, int? leader, ServerSignal signal, TimeSpan grace, CancellationToken cancellationToken)
    {
        var left = WorkingIn(directory);
        if (leader is { } id && left.Contains(id))
            ServerSignals.Send(id, signal);
        if (await GoneAsync(directory, grace, cancellationToken))
            return;
        foreach (var process in WorkingIn(directory))
            ServerSignals.Send(process, ServerSignal.Kill);
        if (!await GoneAsync(directory, grace, cancellationToken))
            throw new EmbeddedServerException($"Processes of an earlier service are at work in {directory}, and stay.");
    }

    /// <summary>The process id on the first line of the file, if it is there and readable.</summary>
    public static int? ReadLeader(string pidFile)
    {
        var first = File.Exists(pidFile) ? File.ReadLines(pidFile).FirstOrDefault() : null;
        return int.TryParse(first, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    private static async Task<bool> GoneAsync(string directory, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var left = patience; left > TimeSpan.Zero; left -= Poll)
        {
            if (WorkingIn(directory).Count == 0)
                return true;
            await Task.Delay(Poll, cancellationToken);
        }

        return WorkingIn(directory).Count == 0;
    }

    /// <summary>By working directory: ids are used again and command lines are rewritten, this is neither.</summary>
    private static List<int> WorkingIn(string directory)
    {
        var found = new List<int>();
        if (!Directory.Exists("/proc"))
            return found;
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var id) &&
                WorkingDirectory(entry) == directory)
                found.Add(id);
        }

        return found;
    }

    private static string? WorkingDirectory(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
