namespace OptOut.Service.Enforcement;

/// <summary>The prefixes of the ids that this capability gives.</summary>
internal static class EnforcementIds
{
    public const string Decision = "dec_";
    public const string Reconciliation = "rcn_";
    public const string Import = "imp_";
}
