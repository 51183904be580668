using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>What a version says about its scope.</summary>
[JsonConverter(typeof(ClosedSetConverter<OptOutState>))]
public enum OptOutState
{
    /// <summary>Stop: the data must not be used for the scope.</summary>
    OptedOut,

    /// <summary>The subject lifted the stop.</summary>
    OptedIn,
}
