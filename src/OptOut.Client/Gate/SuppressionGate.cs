using OptOut.Client.Gate.Reports;

namespace OptOut.Client.Gate;

/// <summary>
/// The gate as callers have it. What they need for one answer is one object, swapped whole: a copy, and until when it
/// may be relied on. Nothing here waits.
/// </summary>
internal sealed class SuppressionGate(TimeProvider clock, StopReports reports) : ISuppressionGate
{
    /// <param name="Copy">What is known.</param>
    /// <param name="KnownAt">When it was known to be current, on the monotonic clock.</param>
    /// <param name="Until">Up to when that counts, on the same clock.</param>
    /// <param name="AsOf">The service's time that it stands for.</param>
    private sealed record View(SuppressionCopy Copy, long KnownAt, long Until, DateTimeOffset AsOf);

    private volatile View? _view;
    private volatile View? _last;
    private volatile SuppressionCopy? _loaded;
    private volatile string? _cause = "starting";
    private volatile bool _failed;
    private long _gaps;

    /// <inheritdoc />
    public GateStatus Status
    {
        get
        {
            var last = _last;
            var copy = last?.Copy ?? _loaded;
            var state = Current() is not null ? GateState.Ready
                : _failed ? GateState.Error
                : last is null ? GateState.NotReady : GateState.Stale;
            return new GateStatus(
                state, state == GateState.Ready ? null : _cause ?? "connection_lost", copy?.Table.Count ?? 0,
                last is null ? null : clock.GetElapsedTime(last.KnownAt), last?.AsOf,
                Interlocked.Read(ref _gaps), reports.Unreported);
        }
    }

    /// <inheritdoc />
    public SuppressionAnswer Check(string type, string value, string purpose, string channel)
    {
        if (Current() is not { } copy) return SuppressionAnswer.Unknown;
        if (purpose is null || channel is null || !TryHash(copy, type, value, out var key)) return SuppressionAnswer.Unknown;
        var answer = copy.Answer(key, purpose, channel);
        if (answer == SuppressionAnswer.Suppressed) reports.Found(type, value, purpose, channel);
        return answer;
    }

    /// <inheritdoc />
    public SuppressionAnswer Check(in GateKey key, string purpose, string channel)
    {
        if (Current() is not { } copy) return SuppressionAnswer.Unknown;
        // Keys that were rotated since may miss what was hashed under the new one.
        if (key.Keys is null || !ReferenceEquals(key.Keys, copy.Rules.Keys)) return SuppressionAnswer.Unknown;
        if (purpose is null || channel is null) return SuppressionAnswer.Unknown;
        var answer = copy.Answer(key, purpose, channel);
        if (answer == SuppressionAnswer.Suppressed) reports.FoundNameless();
        return answer;
    }

    /// <inheritdoc />
    public bool TryGetKey(string type, string value, out GateKey key)
    {
        key = default;
        return (_view?.Copy ?? _last?.Copy ?? _loaded) is { } copy && TryHash(copy, type, value, out key);
    }

    /// <summary>The copy is complete as of this moment, and counts until the bound has passed.</summary>
    public void Confirm(SuppressionCopy copy, DateTimeOffset asOf, TimeSpan lag, TimeSpan bound)
    {
        var now = clock.GetTimestamp();
        var view = new View(copy, now, now + Ticks(bound - lag), asOf);
        _last = view;
        _cause = "connection_lost";
        _failed = false;
        _view = view;
        _loaded = null;
    }

    /// <summary>A copy from before the restart: it holds stops, and is current only once the feed says so.</summary>
    public void Load(SuppressionCopy copy)
    {
        _loaded = copy;
        _cause = "catching_up";
    }

    /// <summary>From now on nothing is known, until the feed confirms it again.</summary>
    public void Withdraw(string cause)
    {
        _cause = cause;
        _view = null;
    }

    /// <summary>A change was missing: what is held may lack a stop.</summary>
    public void Missed()
    {
        Interlocked.Increment(ref _gaps);
        Withdraw("change_missing");
    }

    /// <summary>The service does not serve this gate. What was confirmed counts until its bound has passed.</summary>
    public void Fail(string cause)
    {
        _cause = cause;
        _failed = true;
    }

    private SuppressionCopy? Current() => _view is { } view && clock.GetTimestamp() < view.Until ? view.Copy : null;

    private static bool TryHash(SuppressionCopy copy, string type, string value, out GateKey key)
    {
        key = default;
        var rules = copy.Rules;
        return rules.Reading.TryRead(type, value, out var forms) && rules.Keys.TryHash(type, forms, out key);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * clock.TimestampFrequency);
}
