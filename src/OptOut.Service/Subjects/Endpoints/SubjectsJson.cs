using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Subjects.Endpoints;

[JsonSerializable(typeof(LookupRequest))]
[JsonSerializable(typeof(IdentifierRequest))]
[JsonSerializable(typeof(SubjectView))]
internal sealed partial class SubjectsJson : JsonSerializerContext
{
    public static SubjectsJson Strict { get; } = new(OptOutJson.NewOptions());
}
