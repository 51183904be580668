using System.Text.Json.Serialization;

namespace OptOut.Service.Platform.Http;

[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class HttpJson : JsonSerializerContext
{
    public static HttpJson Strict { get; } = new(OptOutJson.NewOptions());
}
