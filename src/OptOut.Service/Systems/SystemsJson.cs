using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems.Operation;
using OptOut.Service.Systems.Reading;
using OptOut.Service.Systems.Registration;

namespace OptOut.Service.Systems;

[JsonSerializable(typeof(SystemRequest))]
[JsonSerializable(typeof(SystemChannel))]
[JsonSerializable(typeof(SystemContract))]
[JsonSerializable(typeof(SystemView))]
[JsonSerializable(typeof(ListAnswer<SystemSummary>))]
[JsonSerializable(typeof(RegistrationAnswer))]
[JsonSerializable(typeof(PendingSystem))]
[JsonSerializable(typeof(PendingRetirement))]
[JsonSerializable(typeof(PendingPause))]
[JsonSerializable(typeof(ReasonRequest))]
[JsonSerializable(typeof(RotationRequest))]
[JsonSerializable(typeof(RotationAnswer))]
[JsonSerializable(typeof(SystemTestAnswer))]
[JsonSerializable(typeof(ReplayRequest))]
[JsonSerializable(typeof(ReplayAnswer))]
[JsonSerializable(typeof(SystemLeafPayload))]
internal sealed partial class SystemsJson : JsonSerializerContext
{
    public static SystemsJson Strict { get; } = new(OptOutJson.NewOptions());
}
