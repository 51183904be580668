using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OptOut.Benchmarks.Gate;
using OptOut.Client;
using OptOut.Client.Gate.Snapshots;

// The local gate's goals: memory and time of one question, at a number of entries (first argument; 10 million).
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var entries = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000_000;
const int Questions = 4_000_000;
const int Rounds = 5;

var before = GC.GetTotalMemory(forceFullCollection: true);
var began = Stopwatch.GetTimestamp();
var full = new FullGate(entries);
var built = Stopwatch.GetElapsedTime(began);
var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)entries;
Console.WriteLine($"{entries:N0} entries, built in {built.TotalSeconds:F1} s, {Environment.ProcessorCount} processors");
Say("memory of a key", bytes, 48, "bytes");

// Keys in an order that no cache foresees; every other one is nobody's.
var random = new Random(7266);
var keys = new GateKey[1_000_000];
for (var i = 0; i < keys.Length; i++) keys[i] = full.KeyOf(random.Next(2 * entries));
Say("a pre-hashed key", Best(Questions, at => full.Gate.Check(keys[at % keys.Length], "marketing", "email")), 100, "ns");

// What one look into memory of that size costs here and now: the limit of any table.
var memory = new int[entries * 10L];
for (var i = 0L; i < memory.LongLength; i += 512) memory[i] = (int)(i * 2654435761 % memory.LongLength);
var next = 0;
var look = Best(Questions, _ => { next = (int)(((uint)memory[next] + 2654435761u * (uint)next + 977u) % (uint)memory.Length); return default; });
Console.WriteLine($"one look into memory at random: {look:F1} ns");

var emails = Enumerable.Range(0, 10_000).Select(i => $"Person.{i}+tag@Example.com").ToArray();
var plain = Enumerable.Range(0, 10_000).Select(i => $"person.{i}@example.com").ToArray();
Say("an address", Best(Questions / 20, at => full.Gate.Check("email", plain[at % plain.Length], "marketing", "email")), 5_000, "ns");
Say("a tagged address in capitals",
    Best(Questions / 20, at => full.Gate.Check("email", emails[at % emails.Length], "marketing", "email")), 5_000, "ns");

var path = Path.Combine(Path.GetTempPath(), $"gate-{Environment.ProcessId}");
try
{
    full.Copy.Restore("c1");
    var file = new SnapshotFile(
        path, SnapshotKey.Of(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), null), TimeSpan.FromDays(1), TimeProvider.System);
    began = Stopwatch.GetTimestamp();
    file.Write(SnapshotHead.Of(full.Copy, TimeProvider.System.GetUtcNow()), full.Copy.Table);
    var written = Stopwatch.GetElapsedTime(began);
    began = Stopwatch.GetTimestamp();
    var (copy, _) = file.Read();
    Console.WriteLine($"snapshot: written in {written.TotalSeconds:F1} s, read in "
        + $"{Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s, {new FileInfo(path).Length / 1e6:F0} MB, {copy!.Table.Count:N0} entries");
}
finally
{
    File.Delete(path);
}

// Processor time of this process, so that others on the machine count only by what they do to its caches.
static double Best(int questions, Func<int, SuppressionAnswer> ask)
{
    var best = double.MaxValue;
    for (var round = 0; round < Rounds; round++)
    {
        var began = Environment.CpuUsage.TotalTime;
        for (var at = 0; at < questions; at++) ask(at);
        best = Math.Min(best, (Environment.CpuUsage.TotalTime - began).TotalNanoseconds / questions);
    }

    return best;
}

static void Say(string what, double measured, double goal, string unit) =>
    Console.WriteLine($"{what}: {measured:F1} {unit}, goal at most {goal:F0}: {(measured <= goal ? "met" : "missed")}");
