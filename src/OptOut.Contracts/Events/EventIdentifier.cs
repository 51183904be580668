using System.Text.Json.Serialization;

namespace OptOut.Contracts;

/// <summary>One identifier of the subject, in the form that the system's contract names.</summary>
public sealed record EventIdentifier
{
    /// <summary><c>email phone user_id device_id</c>, or a type that the service has configured.</summary>
    public required string Type { get; init; }

    /// <summary>What <see cref="Value"/> is.</summary>
    public required IdentifierForm Form { get; init; }

    /// <summary>The normalised value, or 64 lower-case hex characters. Personal data: keep it out of logs and URLs.</summary>
    public required string Value { get; init; }

    /// <summary>Id of the key, with form <see cref="IdentifierForm.Hmac"/> only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kid { get; init; }

    // A printed record must not leak the person; the compiler's own ToString would.
    /// <summary>The type and form, never the value.</summary>
    public override string ToString() => $"{Type} ({WireNames.Of(Form)})";
}
