using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>What a system did to an asset.</summary>
[JsonConverter(typeof(ClosedSetConverter<AppliedAction>))]
public enum AppliedAction
{
    /// <summary>Marked so that it is not used.</summary>
    Suppressed,

    /// <summary>Removed.</summary>
    Deleted,

    /// <summary>Stripped of everything that points to the person.</summary>
    Anonymised,

    /// <summary>Kept, with its use narrowed.</summary>
    Restricted,

    /// <summary>Taken out of a queue before it left.</summary>
    CancelledQueued,

    /// <summary>Nothing needed doing.</summary>
    None,
}
