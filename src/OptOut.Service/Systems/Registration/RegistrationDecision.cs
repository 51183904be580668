using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>What a valid PUT of a system comes to.</summary>
internal enum RegistrationDecision
{
    Create,
    Unchanged,
    Change,

    /// <summary>It would protect less than before, or send the stops elsewhere: a second person decides.</summary>
    NeedsSecondPerson,

    /// <summary>Retirement is final.</summary>
    Retired,
}

internal static class RegistrationDecisions
{
    public static RegistrationDecision Of(
        SystemDefinition asked, SystemDefinition? standing, bool retired, PurposeTree purposes)
    {
        if (standing is null) return RegistrationDecision.Create;
        if (retired) return RegistrationDecision.Retired;
        if (asked.IsSameAs(standing)) return RegistrationDecision.Unchanged;
        // Another address takes every stop away from where it was applied: nobody does that alone.
        return asked.Channel != standing.Channel
            || ContractChange.LowersProtection(standing.Contract, asked.Contract, purposes)
            ? RegistrationDecision.NeedsSecondPerson
            : RegistrationDecision.Change;
    }
}
