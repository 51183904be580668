namespace OptOut.Service.Audit;

/// <summary>
/// Whether this database is provably the newest state of the installation: not behind, and not different from, what its
/// ledger has published. The public face for everyone who answers from it and must fail closed: where it is not current,
/// a check is answered <c>unknown</c>, never <c>go</c>. Recording goes on, for a stop can only strengthen.
/// </summary>
internal sealed class LedgerStanding
{
    /// <summary>Nothing has been compared yet in this process.</summary>
    public const string NotCompared = "not_compared";

    private volatile string? _doubt = NotCompared;

    /// <summary>False until this process has compared, and from the moment a contradiction is seen until it is gone.</summary>
    public bool IsCurrent => _doubt is null;

    /// <summary>Why it is not current, a constant of the program; null where it is.</summary>
    public string? Doubt => _doubt;

    internal void Set(string? doubt) => _doubt = doubt;
}
