using System.Globalization;

namespace OptOut.Benchmarks.Machine;

/// <summary>
/// Processor seconds used so far by each of our process trees: who pays for what on the shared cores. Only Linux tells;
/// elsewhere the list is empty. Children that have ended meanwhile are counted with their parent.
/// </summary>
internal sealed class ProcessorTime(IReadOnlyDictionary<string, int> roots)
{
    private const double TicksPerSecond = 100;
    private const int ParentField = 1;
    private const int UserField = 11;
    private const int ChildrenSystemField = 14;

    public IReadOnlyDictionary<string, double> Read()
    {
        var processes = new Dictionary<int, (int Parent, double Seconds)>();
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && TryRead(folder, out var process))
                processes[id] = process;
        }

        var used = roots.ToDictionary(root => root.Key, _ => 0.0);
        foreach (var (id, process) in processes)
        {
            if (Owner(id, processes) is { } owner)
                used[owner] += process.Seconds;
        }

        return used;
    }

    /// <summary>The nearest root above: the benchmark's own tree holds the others.</summary>
    private string? Owner(int id, Dictionary<int, (int Parent, double Seconds)> processes)
    {
        while (id > 1)
        {
            foreach (var (name, root) in roots)
            {
                if (root == id)
                    return name;
            }

            if (!processes.TryGetValue(id, out var process))
                return null;
            id = process.Parent;
        }

        return null;
    }

    private static bool TryRead(string folder, out (int Parent, double Seconds) process)
    {
        process = default;
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            // The name in brackets may hold anything; the fields after it do not.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double ticks = 0;
            for (var field = UserField; field <= ChildrenSystemField; field++)
                ticks += long.Parse(fields[field], CultureInfo.InvariantCulture);
            process = (int.Parse(fields[ParentField], CultureInfo.InvariantCulture), ticks / TicksPerSecond);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended meanwhile.
        }
    }
}
