using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.Inbound;

namespace OptOut.Service.Recording.Endpoints;

[JsonSerializable(typeof(RecordRequest))]
[JsonSerializable(typeof(InboundStop))]
[JsonSerializable(typeof(ReversalRequest))]
[JsonSerializable(typeof(RecordView))]
[JsonSerializable(typeof(ListAnswer<RecordView>))]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class RecordingJson : JsonSerializerContext
{
    public static RecordingJson Strict { get; } = new(OptOutJson.NewOptions());
}
