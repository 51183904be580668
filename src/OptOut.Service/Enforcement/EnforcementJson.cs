using System.Text.Json.Serialization;
using OptOut.Service.Enforcement.Checking;
using OptOut.Service.Enforcement.Decisions;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement;

[JsonSerializable(typeof(CheckItem))]
[JsonSerializable(typeof(CheckAnswer))]
[JsonSerializable(typeof(DecisionItem))]
[JsonSerializable(typeof(DecisionsAnswer))]
[JsonSerializable(typeof(ListAnswer<DecisionView>))]
internal sealed partial class EnforcementJson : JsonSerializerContext
{
    public static EnforcementJson Strict { get; } = new(OptOutJson.NewOptions());
}
