using System.Text;

namespace OptOut.Service.Platform.OpenApi;

/// <summary>The description of events and acknowledgements (AsyncAPI 3), the same text for everybody.</summary>
internal static class AsyncApi
{
    public const string Path = "/asyncapi.yaml";

    public static IEndpointConventionBuilder MapAsyncApi(this IEndpointRouteBuilder routes)
    {
        var document = EmbeddedText.Read("OptOut.Service.Platform.OpenApi.asyncapi.yaml");
        return routes.MapGet(Path, () => Results.Text(document, "application/yaml", Encoding.UTF8)).ExcludeFromDescription();
    }
}
