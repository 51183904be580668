using System.Text.Json.Serialization;
using OptOut.Service.Audit.Findings.Endpoints;
using OptOut.Service.Audit.Findings.Rules;
using OptOut.Service.Audit.Findings.Running;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Findings;

[JsonSerializable(typeof(FindingView))]
[JsonSerializable(typeof(ListAnswer<FindingView>))]
[JsonSerializable(typeof(AcknowledgeFinding))]
[JsonSerializable(typeof(SilenceFinding))]
[JsonSerializable(typeof(PendingSilence))]
[JsonSerializable(typeof(StormEvidence))]
[JsonSerializable(typeof(AcknowledgementPlace))]
[JsonSerializable(typeof(TallyEvidence))]
[JsonSerializable(typeof(BacklogPlace))]
[JsonSerializable(typeof(BacklogEvidence))]
[JsonSerializable(typeof(LeafPlace))]
[JsonSerializable(typeof(SurgePlace))]
[JsonSerializable(typeof(SurgeEvidence))]
internal sealed partial class FindingsJson : JsonSerializerContext
{
    public static FindingsJson Strict { get; } = new(OptOutJson.NewOptions());
}
