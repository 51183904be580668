using System.Text.Json.Serialization;

namespace OptOut.Service.Platform.Http;

/// <summary>One sort of refusal: what callers switch on, and the sentence that the problem page explains it with.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Stable, snake_case, with an optional <c>area.</c> prefix.</param>
/// <param name="Title">The same words for every occurrence.</param>
/// <param name="Meaning">Why it happens and what the caller can do.</param>
internal sealed record ProblemKind(int Status, string Code, string Title, string Meaning)
{
    /// <summary>This refusal, said about one occurrence. The detail must repeat nothing that the caller sent.</summary>
    public Problem With(string? detail = null) => new(this, detail);

    /// <summary>This refusal, with the one place in the body that caused it.</summary>
    public Problem At(string pointer, string code, string detail) =>
        new(this, Errors: [new FieldError(pointer, code, detail)]);
}

/// <summary>One fault of a body: where (RFC 6901 JSON Pointer), which rule, and words; never the value.</summary>
/// <param name="Where">The JSON Pointer, written as <c>pointer</c>; empty for the whole body.</param>
/// <param name="Code">The rule that is broken, snake_case.</param>
/// <param name="Detail">Words for people.</param>
public sealed record FieldError([property: JsonPropertyName("pointer")] string Where, string Code, string Detail);
