using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Subjects.Erasure;

namespace OptOut.Service.Subjects.Endpoints;

[JsonSerializable(typeof(LookupRequest))]
[JsonSerializable(typeof(IdentifierRequest))]
[JsonSerializable(typeof(SubjectView))]
[JsonSerializable(typeof(ErasureView))]
internal sealed partial class SubjectsJson : JsonSerializerContext
{
    public static SubjectsJson Strict { get; } = new(OptOutJson.NewOptions());
}
