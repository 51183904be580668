using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OptOut.Service.Platform.Http;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace OptOut.Service.Platform.OpenApi;

/// <summary>Writes into each operation what its endpoint states: bodies, examples, refusals, permission, parameters.</summary>
internal sealed class OperationDescriber : IOperationFilter
{
    /// <summary>The name of the security scheme.</summary>
    public const string Scheme = "apiKey";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = new EndpointMetadataCollection(context.ApiDescription.ActionDescriptor.EndpointMetadata);
        var bodies = metadata.GetMetadata<OperationBodies>();
        // One endpoint may answer to both methods; ids are unique.
        if (context.ApiDescription.HttpMethod == HttpMethods.Head) operation.OperationId += "Head";
        if (metadata.GetMetadata<OperationExample>() is { } example) Describe(operation, context, example, bodies);
        foreach (var answer in metadata.GetOrderedMetadata<OperationAnswer>()) AddAnswer(operation, context, answer);
        AddRefusals(operation, context, metadata);
        OperationParameters.AddTo(operation, metadata);
        AddSecurity(operation, context.Document, metadata.GetMetadata<IRoutePermission>());
    }

    private static void Describe(
        OpenApiOperation operation, OperationFilterContext context, OperationExample example, OperationBodies? bodies)
    {
        if (example.Request is not null)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = Content(context, example.RequestType, example.Request, bodies?.Request),
            };
        }

        var response = new OpenApiResponse { Description = example.Response is null ? "Done; no body." : "The answer." };
        if (example.Response is not null)
            response.Content = Content(context, example.ResponseType, example.Response, bodies?.Response);
        // What the explorer guessed from the handler's return type is not what the handler answers.
        operation.Responses = new OpenApiResponses { [Text(example.Status)] = response };
    }

    private static Dictionary<string, OpenApiMediaType> Content(
        OperationFilterContext context, string mediaType, string example, Type? type) => new(StringComparer.Ordinal)
        {
            [mediaType] = new OpenApiMediaType
            {
                Example = IsJson(mediaType) ? JsonNode.Parse(example) : JsonValue.Create(example),
                Schema = type is null ? null : context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository),
            },
        };

    // Lines of JSON (application/x-ndjson) are no JSON.
    private static bool IsJson(string mediaType) => mediaType.EndsWith("/json", StringComparison.Ordinal)
        || mediaType.EndsWith("+json", StringComparison.Ordinal);

    private static void AddRefusals(OpenApiOperation operation, OperationFilterContext context, EndpointMetadataCollection metadata)
    {
        operation.Responses ??= [];
        var kinds = metadata.GetOrderedMetadata<Refusals>().SelectMany(r => r.Kinds)
            .Concat(Implied(metadata))
            .Append(ProblemKinds.InternalError)
            .DistinctBy(k => k.Code)
            .GroupBy(k => k.Status);
        foreach (var group in kinds.OrderBy(g => g.Key))
        {
            var first = group.First();
            operation.Responses[Text(group.Key)] = new OpenApiResponse
            {
                Description = string.Join(" · ", group.Select(k => $"`{k.Code}`: {k.Title}")),
                Content = Content(context, Problem.MediaType, ExampleOf(first), typeof(ProblemDocument)),
            };
        }
    }

    // What no route states for itself: the gate before all routes with a key, and the reader of all JSON bodies.
    private static IEnumerable<ProblemKind> Implied(EndpointMetadataCollection metadata)
    {
        if (metadata.GetMetadata<IRoutePermission>() is { } permission)
        {
            if (permission.ReadsKey) yield return ProblemKinds.Unauthenticated;
            if (!permission.IsPublic) yield return ProblemKinds.ScopeMissing;
        }

        if (metadata.GetMetadata<OperationExample>() is not { Request: not null } example || !IsJson(example.RequestType))
            yield break;
        yield return ProblemKinds.MalformedRequest;
        yield return ProblemKinds.BodyTooLarge;
        yield return ProblemKinds.UnsupportedMediaType;
    }

    private static void AddAnswer(OpenApiOperation operation, OperationFilterContext context, OperationAnswer answer)
    {
        operation.Responses ??= [];
        operation.Responses[Text(answer.Status)] = new OpenApiResponse
        {
            Description = answer.Description,
            Content = Content(context, OperationExampleExtensions.Json, answer.Example, null),
        };
    }

    private static string ExampleOf(ProblemKind kind) => new JsonObject
    {
        ["type"] = $"{ProblemPage.Path}#{kind.Code}",
        ["title"] = kind.Title,
        ["status"] = kind.Status,
        ["detail"] = kind.Meaning,
        ["instance"] = "/v1/…",
        ["code"] = kind.Code,
        ["requestId"] = "req_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
    }.ToJsonString();

    // In OpenAPI 3.1 the list beside a scheme may name the roles that it needs; the empty requirement means no key.
    private static void AddSecurity(OpenApiOperation operation, OpenApiDocument document, IRoutePermission? permission)
    {
        operation.Security = [];
        if (permission is null) return;
        if (permission.IsPublic) operation.Security.Add([]);
        if (permission.IsPublic && !permission.ReadsKey) return;
        operation.Security.Add(new OpenApiSecurityRequirement
        {
            [new OpenApiSecuritySchemeReference(Scheme, document)] = [.. permission.RoleWords],
        });
        if (!permission.IsPublic) operation.Description += $"Roles: {string.Join(", ", permission.RoleWords)} (one is enough).";
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
