using System.Buffers.Binary;
using System.Security.Cryptography;
using OptOut.Client.Gate;
using OptOut.Client.Gate.Feed;
using OptOut.Client.Gate.Reports;
using OptOut.Client.Gate.Table;

namespace OptOut.Benchmarks.Gate;

/// <summary>
/// A gate that holds a list as the feed would have built it. Entries have random hashes, as keyed hashes are; a few are of
/// real addresses, so that questions from strings find something.
/// </summary>
internal sealed class FullGate
{
    private static readonly byte[] Key = SHA256.HashData("bench"u8);
    private static readonly string[] Purposes = ["all", "marketing", "marketing.newsletter", "profiling", "analytics"];
    private static readonly string[] Channels = ["any", "email", "sms", "phone", "post", "push", "ads"];
    private static readonly string[][] Sets = [["marketing/any"], ["all/any"], ["marketing/email", "profiling/any"], []];

    public FullGate(int entries)
    {
        Copy = new SuppressionCopy(FeedRules.Of(new FeedHello
        {
            Feed = FeedHello.Known, Mode = "full", HashBytes = FeedHash.Bytes, StaleAfterSeconds = 30, Channels = Channels,
            Keys = [new FeedKey { KeyId = "k1", Key = Convert.ToBase64String(Key) }],
            IdentifierTypes = [new FeedIdentifierType { Type = "email", RulesVersion = 1 }],
        })!);
        Copy.Replace(Purposes);
        var sets = Sets.Select(set => Copy.Scopes.Number(
            [.. set.Select(scope => scope.Split('/')).Select(parts => new Contracts.Scopes.Scope(parts[0], parts[1]))])).ToArray();
        for (var i = 0; i < entries; i++) Copy.Table.Put(HashOf(i), sets[i % sets.Length], i);
        Gate = new SuppressionGate(TimeProvider.System, new StopReports(TimeProvider.System, 1));
        Gate.Confirm(Copy, default, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }

    public SuppressionCopy Copy { get; }

    public SuppressionGate Gate { get; }

    /// <summary>A key of an entry, or of nobody where the number is beyond them.</summary>
    public OptOut.Client.GateKey KeyOf(int number) => new(Copy.Rules.Keys, HashOf(number), null);

    // Two rounds of a mixing function: evenly spread, and quicker than hashing ten million times.
    private static FeedHash HashOf(int number) => new(Mix((ulong)number), Mix((ulong)number + 0x9E3779B97F4A7C15));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        return BinaryPrimitives.ReverseEndianness(z ^ (z >> 29));
    }
}
