namespace OptOut.Contracts;

/// <summary>The CloudEvents types that systems receive.</summary>
public static class EventTypes
{
    /// <summary>A stop was recorded, or gained a version.</summary>
    public const string Recorded = "org.optout.recorded.v1";

    /// <summary>The subject lifted a stop.</summary>
    public const string Reversed = "org.optout.reversed.v1";

    /// <summary>The subject was erased; the stop stands on.</summary>
    public const string Erased = "org.optout.erased.v1";

    /// <summary>Whether this edition of the contract knows the type.</summary>
    public static bool IsKnown(string type) => type is Recorded or Reversed or Erased;
}
