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

/// <summary>Endpoint metadata: a header or a query parameter that the handler reads from the request itself.</summary>
/// <param name="In">Where it stands: <c>header</c> or <c>query</c>.</param>
internal sealed record OperationParameter(string Name, string In, string Description, bool Required);

/// <summary>Endpoint metadata: one more status with which the route answers well, with the same or an own body.</summary>
internal sealed record OperationAnswer(int Status, string Description, string Example);

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

    /// <summary>Documents a header; it has no effect on what the route accepts.</summary>
    public static TBuilder WithHeader<TBuilder>(this TBuilder builder, string name, string description, bool required = false)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new OperationParameter(name, "header", description, required));
        return builder;
    }

    /// <summary>Documents a query parameter; it has no effect on what the route accepts.</summary>
    public static TBuilder WithQuery<TBuilder>(this TBuilder builder, string name, string description, bool required = false)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new OperationParameter(name, "query", description, required));
        return builder;
    }

    /// <summary>Documents that the route may wait for a fuller answer.</summary>
    public static TBuilder WithPreferWait<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithHeader("Prefer", "wait=N: the answer may take up to N seconds, 30 at most, to be fuller (RFC 7240).");

    /// <summary>Documents the three headers of a message signed by Standard Webhooks.</summary>
    public static TBuilder WithSignature<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder
        .WithHeader("webhook-id", "The sender's unique id of the message.", required: true)
        .WithHeader("webhook-timestamp", "Seconds since 1970, within five minutes of now.", required: true)
        .WithHeader("webhook-signature", "v1,<base64>: HMAC-SHA256 over id, timestamp and raw body.", required: true);

    /// <summary>Documents one more good answer beside the example's.</summary>
    public static TBuilder WithAnswer<TBuilder>(this TBuilder builder, int status, string description, string example)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new OperationAnswer(status, description, example));
        return builder;
    }

    public static TBuilder WithListParameters<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new ListParameters());
        return builder;
    }
}
