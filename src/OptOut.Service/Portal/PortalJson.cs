using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;
using OptOut.Service.Portal.Gpc;
using OptOut.Service.Portal.Links;

namespace OptOut.Service.Portal;

[JsonSerializable(typeof(LinkRequest))]
[JsonSerializable(typeof(LinkView))]
[JsonSerializable(typeof(GpcRequest))]
[JsonSerializable(typeof(GpcView))]
internal sealed partial class PortalJson : JsonSerializerContext
{
    public static PortalJson Strict { get; } = new(OptOutJson.NewOptions());
}
