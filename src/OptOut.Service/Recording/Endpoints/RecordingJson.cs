using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording.Endpoints;

[JsonSerializable(typeof(RecordRequest))]
[JsonSerializable(typeof(ReversalRequest))]
[JsonSerializable(typeof(RecordView))]
[JsonSerializable(typeof(ListAnswer<RecordView>))]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class RecordingJson : JsonSerializerContext
{
    public static RecordingJson Strict { get; } = new(OptOutJson.NewOptions());
}
