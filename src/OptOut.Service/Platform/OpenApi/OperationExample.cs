namespace OptOut.Service.Platform.OpenApi;

/// <summary>Endpoint metadata: one request with its answer, as the documentation shows it.</summary>
/// <param name="Request">The body, JSON (or plain text where the media type is not JSON); null where there is none.</param>
/// <param name="Response">The answer's body; null where there is none.</param>
/// <param name="Status">The status of that answer.</param>
/// <param name="RequestType">The media type of the request's body.</param>
/// <param name="ResponseType">The media type of the answer's body.</param>
internal sealed record OperationExample(
    string? Request, string? Response, int Status, string RequestType, string ResponseType);

/// <summary>Endpoint metadata: the types of the bodies, for the schemas of the documentation; null where there is none.</summary>
internal sealed record OperationBodies(Type? Request, Type? Response);

/// <summary>Endpoint metadata: this route lists by <c>limit</c> and <c>cursor</c>.</summary>
internal sealed record ListParameters;

internal static class OperationExampleExtensions
{
    public const string Json = "application/json";

    public static TBuilder WithExample<TBuilder>(
        this TBuilder builder,
        string? request = null,
        string? response = null,
        int status = 200,
        string requestType = Json,
        string responseType = Json)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new OperationExample(request, response, status, requestType, responseType));
        return builder;
    }

    /// <summary>Documents the bodies; it has no effect on what the route accepts.</summary>
    public static TBuilder WithBodies<TBuilder>(this TBuilder builder, Type? request, Type? response)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new OperationBodies(request, response));
        return builder;
    }

    public static TBuilder WithListParameters<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new ListParameters());
        return builder;
    }
}
