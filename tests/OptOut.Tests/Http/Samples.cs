using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Tests.Http;

internal enum SampleKind
{
    Plain,
    OneClick,
}

internal sealed record SamplePart(string Type, string Value);

internal sealed record SampleBody(
    string Name,
    IReadOnlyList<SamplePart> Parts,
    SampleKind Kind = SampleKind.Plain,
    DateTimeOffset? At = null,
    int? Count = null,
    string? Note = null,
    SampleBody? Inner = null);

internal sealed record SampleAnswer(DateTimeOffset At, string? Note, SampleKind Kind);

[JsonSerializable(typeof(SampleBody))]
[JsonSerializable(typeof(SampleAnswer))]
[JsonSerializable(typeof(ListAnswer<string>), TypeInfoPropertyName = "Names")]
internal sealed partial class SampleJson : JsonSerializerContext
{
    public static SampleJson Strict { get; } = new(OptOutJson.NewOptions());
}
