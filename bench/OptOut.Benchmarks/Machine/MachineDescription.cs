using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OptOut.Benchmarks.Machine;

/// <summary>What a result was measured on.</summary>
internal static class MachineDescription
{
    private const int Syncs = 300;
    private const int BlockBytes = 8_192;

    public static IReadOnlyList<string> Lines(string directory, IReadOnlyList<string> servers) =>
    [
        $"CPU: {Field("/proc/cpuinfo", "model name")}, {Environment.ProcessorCount} cores; database, broker, service, " +
        "load generator and subscribers share them",
        $"Memory: {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024):0.0} GiB",
        $"Kernel: {RuntimeInformation.OSDescription}; {Field("/etc/os-release", "PRETTY_NAME")}",
        $".NET: {Environment.Version}",
        .. servers,
        $"Disk: {new DriveInfo(directory).DriveFormat}, fsync of 8 KiB appended, median of {Syncs}: {SyncMicroseconds(directory):0} µs",
    ];

    /// <summary>The load average of the last minute, as the kernel gives it.</summary>
    public static string Load() =>
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static double SyncMicroseconds(string directory)
    {
        var path = Path.Combine(directory, "sync");
        var block = new byte[BlockBytes];
        var times = new double[Syncs];
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            for (var i = 0; i < Syncs; i++)
            {
                var started = Stopwatch.GetTimestamp();
                file.Write(block);
                file.Flush(flushToDisk: true);
                times[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            }
        }

        File.Delete(path);
        return Statistics.Median(times);
    }

    private static string Field(string file, string name)
    {
        if (!File.Exists(file))
            return "unknown";
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? "unknown" : line[(line.IndexOfAny([':', '=']) + 1)..].Trim().Trim('"');
    }

    /// <summary>A rate as people read it.</summary>
    public static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
