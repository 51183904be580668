using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>A system's word on one version.</summary>
[JsonConverter(typeof(ClosedSetConverter<AcknowledgementOutcome>))]
public enum AcknowledgementOutcome
{
    /// <summary>It has the event and will act later. Closes nothing.</summary>
    Received,

    /// <summary>It acted. <c>actions</c> says how.</summary>
    Applied,

    /// <summary>It holds nothing about the person; there was nothing to do.</summary>
    NoMatch,

    /// <summary>It will not act. <c>reason</c> says why; people have to look.</summary>
    Refused,

    /// <summary>It tried and could not. The service tries again.</summary>
    Failed,
}
