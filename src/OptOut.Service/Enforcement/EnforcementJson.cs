using System.Text.Json.Serialization;
using OptOut.Service.Enforcement.Checking;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement;

[JsonSerializable(typeof(CheckItem))]
[JsonSerializable(typeof(CheckAnswer))]
internal sealed partial class EnforcementJson : JsonSerializerContext
{
    public static EnforcementJson Strict { get; } = new(OptOutJson.NewOptions());
}
