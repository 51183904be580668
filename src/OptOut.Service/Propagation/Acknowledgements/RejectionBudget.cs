namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>
/// How many refused words of one sender are kept as rows of their own: whoever holds a system's key, or may publish to
/// the broker, must not fill the database with refusals. All are counted; beyond the budget the count is what remains.
/// </summary>
internal sealed class RejectionBudget(TimeProvider clock)
{
    /// <summary>Rows a minute for each system, and for all senders together that no system is known for.</summary>
    public const int RowsAMinute = 100;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // Never more entries than there are systems: an unknown sender has none of its own.
    private readonly Dictionary<int, Spent> _spent = [];
    private readonly Lock _gate = new();

    /// <summary>True where this one is kept whole.</summary>
    /// <param name="systemId">Null where the sender is no known system.</param>
    public bool TryTake(int? systemId)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            var sender = systemId ?? 0;
            if (!_spent.TryGetValue(sender, out var spent) || clock.GetElapsedTime(spent.Since, now) >= Minute)
                spent = new Spent(now, 0);
            if (spent.Rows >= RowsAMinute)
                return false;
            _spent[sender] = spent with { Rows = spent.Rows + 1 };
            return true;
        }
    }

    private readonly record struct Spent(long Since, int Rows);
}
