namespace OptOut.Service.Enforcement.Decisions;

/// <summary>What happened under a stop, as rows and reports name it.</summary>
internal static class DecisionOutcomes
{
    /// <summary>Asked, and told to stop.</summary>
    public const string Blocked = "blocked";

    /// <summary>Was queued already, and was taken out.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Left at or after the press: to be found and explained.</summary>
    public const string Sent = "sent";

    /// <summary>Let through in spite of the stop, for a transactional message.</summary>
    public const string Overridden = "overridden";

    /// <summary>Still on the list of whom a system would contact.</summary>
    public const string Listed = "listed";
}

/// <summary>By which way it was decided or reported.</summary>
internal static class DecisionModes
{
    public const string Check = "check";
    public const string Filter = "filter";
    public const string Gate = "gate";
    public const string Live = "live";
    public const string Reconciliation = "reconciliation";
}
