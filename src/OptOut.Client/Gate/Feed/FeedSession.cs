using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OptOut.Client.Gate.Feed;

/// <summary>
/// One connection to the feed, as a decision for each event: what it changes in the copy and whether the copy may be
/// relied on. Knows no network and no gate. An event counts only where it follows the one that is held.
/// </summary>
internal sealed class FeedSession(SuppressionCopy? held, TimeProvider clock)
{
    private const int MaxCursor = 200;

    private readonly Freshness _freshness = new(clock);

    /// <summary>The copy that this connection keeps; a new one in a full transfer. Null before the first event.</summary>
    public SuppressionCopy? Copy { get; private set; }

    /// <summary>What the last heartbeat stood for.</summary>
    public DateTimeOffset AsOf { get; private set; }

    /// <summary>How late the last heartbeat came.</summary>
    public TimeSpan Lag { get; private set; }

    /// <summary>Why the service closes, after <see cref="FeedStep.Closed"/>.</summary>
    public string? EndReason { get; private set; }

    public FeedStep Apply(SseEvent read)
    {
        try
        {
            return (read.Name, Copy) switch
            {
                ("hello", null) => Hello(Json(read, FeedJson.Default.FeedHello)),
                ("end", _) => End(Json(read, FeedJson.Default.FeedEnd)),
                (_, null) => FeedStep.Unreadable,
                ("purposes", { } copy) => Purposes(copy, Json(read, FeedJson.Default.FeedPurposes)),
                ("entries", { } copy) => copy.IsWhole ? FeedStep.Unreadable : Entries(copy, read),
                ("changes", { } copy) => Entries(copy, read),
                ("transferred", { } copy) => Transferred(copy, read, Json(read, FeedJson.Default.FeedTransferred)),
                ("heartbeat", { } copy) => Heartbeat(copy, read, Json(read, FeedJson.Default.FeedHeartbeat)),
                // The feed may grow.
                _ => FeedStep.Going,
            };
        }
        catch (Exception fault) when (fault is JsonException or FormatException or InvalidOperationException)
        {
            return FeedStep.Unreadable;
        }
    }

    private FeedStep Hello(FeedHello hello)
    {
        if (FeedRules.Of(hello) is not { } rules) return FeedStep.Unreadable;
        switch (hello.Mode)
        {
            case "resume" when held is not null:
                Copy = held;
                held.Resume();
                held.Renew(rules);
                return FeedStep.Going;
            case "full":
                var sameKeys = held is not null && rules.Keys.IsSameAs(held.Rules.Keys);
                Copy = new SuppressionCopy(sameKeys ? rules with { Keys = held!.Rules.Keys } : rules);
                return held is null ? FeedStep.Going : FeedStep.HistoryChanged;
            default:
                return FeedStep.Unreadable;
        }
    }

    private static FeedStep Purposes(SuppressionCopy copy, FeedPurposes tree)
    {
        copy.Replace([.. tree.Purposes.Select(purpose => purpose.Purpose)]);
        return FeedStep.Going;
    }

    private static FeedStep Entries(SuppressionCopy copy, SseEvent read)
    {
        var entries = EntriesEvent.Read(read.Data.Span);
        // Hashes under a key that we lack could be anybody's: that is as bad as a change that never came.
        if (!Follows(copy, read, entries.Prev) || !copy.Rules.Keys.Knows(entries.KeyId)) return FeedStep.Gap;
        copy.Apply(entries);
        copy.MoveTo(read.Id!);
        return FeedStep.Going;
    }

    private static FeedStep Transferred(SuppressionCopy copy, SseEvent read, FeedTransferred end)
    {
        if (copy.IsWhole) return FeedStep.Unreadable;
        if (!Follows(copy, read, end.Prev) || !copy.TryComplete(end.Entries)) return FeedStep.Gap;
        copy.MoveTo(read.Id!);
        return FeedStep.Going;
    }

    private FeedStep Heartbeat(SuppressionCopy copy, SseEvent read, FeedHeartbeat beat)
    {
        if (!Follows(copy, read, beat.Prev)) return FeedStep.Gap;
        copy.MoveTo(read.Id!);
        AsOf = beat.AsOf;
        Lag = _freshness.LagOf(beat.AsOf);
        if (Lag > Freshness.MaxLag) return FeedStep.Late;
        return copy.IsWhole ? FeedStep.Current : FeedStep.Going;
    }

    private FeedStep End(FeedEnd end)
    {
        EndReason = end.Reason;
        return FeedStep.Closed;
    }

    private static bool Follows(SuppressionCopy copy, SseEvent read, string? previous) =>
        read.Id is { Length: > 0 and <= MaxCursor } && previous == copy.Cursor;

    private static T Json<T>(SseEvent read, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(read.Data.Span, type) ?? throw new JsonException("An object is expected.");
}
