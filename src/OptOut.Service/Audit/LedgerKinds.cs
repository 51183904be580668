namespace OptOut.Service.Audit;

/// <summary>The acts that have a leaf, by the names that stand in it.</summary>
internal static class LedgerKinds
{
    public const string Recorded = "recorded";
    public const string Reaffirmed = "reaffirmed";
    public const string Reversed = "reversed";
    public const string Acknowledged = "acknowledged";
    public const string Parked = "parked";
    public const string Merged = "merged";
    public const string SystemRegistered = "system_registered";
    public const string SystemChanged = "system_changed";
    public const string SystemPaused = "system_paused";
    public const string SystemResumed = "system_resumed";
    public const string SystemRetired = "system_retired";
    public const string SystemReplayed = "system_replayed";
    public const string SystemSecretRotated = "system_secret_rotated";
    public const string KeyMade = "key_made";
    public const string KeyRotated = "key_rotated";
    public const string KeyRevoked = "key_revoked";
    public const string PurposeChanged = "purpose_changed";
    public const string OverrideAsked = "override_asked";
    public const string OverrideApproved = "override_approved";
    public const string Decided = "decided";
    public const string Reconciled = "reconciled";
    public const string Imported = "imported";
}
