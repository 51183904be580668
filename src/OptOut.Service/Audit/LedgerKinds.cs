namespace OptOut.Service.Audit;

/// <summary>The acts that have a leaf, by the names that stand in it.</summary>
internal static class LedgerKinds
{
    public const string Recorded = "recorded";
    public const string Reaffirmed = "reaffirmed";
    public const string Reversed = "reversed";
    public const string Acknowledged = "acknowledged";
    public const string Parked = "parked";
    public const string Verified = "verified";
    public const string Resent = "resent";
    public const string Forgotten = "forgotten";
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
    public const string FindingRaised = "finding_raised";
    public const string FindingClosed = "finding_closed";
    public const string FindingAcknowledged = "finding_acknowledged";
    public const string FindingSilenced = "finding_silenced";
    public const string ProbeRun = "probe_run";
    public const string ReportSealed = "report_sealed";
    public const string IncidentOpened = "incident_opened";
    public const string IncidentClosed = "incident_closed";
    public const string Erased = "erased";
    public const string Restored = "restored";
}
