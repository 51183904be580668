using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>How an identifier is told to a system.</summary>
[JsonConverter(typeof(ClosedSetConverter<IdentifierForm>))]
public enum IdentifierForm
{
    /// <summary>The normalised value itself.</summary>
    Plain,

    /// <summary>Lower-case hex of the SHA-256 of the normalised value in UTF-8.</summary>
    Sha256,

    /// <summary>Lower-case hex of the HMAC-SHA256 of the same bytes under the system's own key.</summary>
    Hmac,
}
