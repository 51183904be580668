using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>What came of checking a signature. Only <see cref="Ok"/> lets a message in.</summary>
[JsonConverter(typeof(ClosedSetConverter<SignatureVerdict>))]
public enum SignatureVerdict
{
    /// <summary>One of the signatures is right under one of the secrets, and the time is near enough.</summary>
    Ok,

    /// <summary>One of the three headers is absent or empty.</summary>
    MissingHeader,

    /// <summary>A header is too long, the time is not a number of seconds, or no signature is of a form we know.</summary>
    Malformed,

    /// <summary>Signed longer ago than the tolerance.</summary>
    TooOld,

    /// <summary>Signed further in the future than the tolerance.</summary>
    TooNew,

    /// <summary>No signature is right under any of the secrets.</summary>
    Mismatch,
}
