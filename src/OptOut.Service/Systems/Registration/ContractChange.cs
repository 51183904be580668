using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>Whether a change of a contract protects less, or reaches further: the two are independent.</summary>
internal static class ContractChange
{
    /// <summary>
    /// Some stop that reached the system would not any more, or with fewer identifiers, or may take longer.
    /// </summary>
    public static bool LowersProtection(SystemContract standing, SystemContract asked, PurposeTree purposes) =>
        !Covers(asked, standing)
        || purposes.ByName.Values
            .Where(p => ScopeRules.Touches(standing.Purposes, [Channels.Any], new Scope(p.Name, Channels.Any)))
            .Any(p => ObjectiveFor(asked, p) > ObjectiveFor(standing, p));

    /// <summary>Some standing stop has not been told to the system, or not in full: it needs a backfill.</summary>
    public static bool Widens(SystemContract standing, SystemContract asked) => !Covers(standing, asked);

    // A contract without an objective of its own has each purpose's.
    private static int ObjectiveFor(SystemContract contract, Purpose purpose) =>
        contract.ObjectiveSeconds ?? purpose.ObjectiveSeconds;

    private static bool Covers(SystemContract broader, SystemContract narrower) =>
        narrower.Purposes.All(n => broader.Purposes.Any(b => ScopeRules.PurposeCovers(b, n)))
        && narrower.Channels.All(n => broader.Channels.Any(b => b == Channels.Any || b == n))
        && narrower.Identifiers.All(n => broader.Identifiers.Any(b => b.Type == n.Type));
}
