namespace OptOut.Service.Portal;

internal static class PortalActor
{
    /// <summary>The ledger's name for acts of people who hold no key.</summary>
    public const string Name = "svc:portal";
}
