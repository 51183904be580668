using System.Collections.Concurrent;

namespace OptOut.Service.Propagation.Channels.Connector.Calling;

/// <summary>
/// Spaces the requests to each system as its definition says, in this process. A slot is taken before it is waited for,
/// so that callers go in turn. Bounded by the registry: one entry a system.
/// </summary>
internal sealed class VendorPace(TimeProvider clock)
{
    private readonly ConcurrentDictionary<int, Line> _lines = new();

    /// <summary>Ends when the next request may go.</summary>
    public Task WaitAsync(int systemId, RatePlan rate, CancellationToken cancellationToken)
    {
        var wait = _lines.GetOrAdd(systemId, _ => new Line()).Take(clock, rate);
        return wait > TimeSpan.Zero ? Task.Delay(wait, clock, cancellationToken) : Task.CompletedTask;
    }

    private sealed class Line
    {
        private readonly Lock _lock = new();
        private long _origin;
        private TimeSpan _next;
        private bool _begun;

        public TimeSpan Take(TimeProvider clock, RatePlan rate)
        {
            lock (_lock)
            {
                if (!_begun)
                {
                    (_origin, _begun) = (clock.GetTimestamp(), true);
                }

                var now = clock.GetElapsedTime(_origin);
                var slot = _next > now ? _next : now;
                _next = slot + rate.Interval;
                return slot - now;
            }
        }
    }
}
