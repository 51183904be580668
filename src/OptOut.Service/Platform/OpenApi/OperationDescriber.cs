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
        if (metadata.GetMetadata<OperationExample>() is { } example) Describe(operation, context, example, bodies);
        AddRefusals(operation, context, metadata);
        AddSecurity(operation, context.Document, metadata.GetMetadata<IRoutePermission>());
        if (metadata.GetMetadata<ListParameters>() is not null) AddListParameters(operation);
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
                Example = mediaType.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(example) : JsonValue.Create(example),
                Schema = type is null ? null : context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository),
            },
        };

    private static void AddRefusals(OpenApiOperation operation, OperationFilterContext context, EndpointMetadataCollection metadata)
    {
        operation.Responses ??= [];
        var kinds = metadata.GetOrderedMetadata<Refusals>().SelectMany(r => r.Kinds)
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

    private static void AddListParameters(OpenApiOperation operation)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = "limit",
            In = ParameterLocation.Query,
            Description = $"How many items, {Paging.DefaultLimit} where absent; more than {Paging.MaxLimit} becomes {Paging.MaxLimit}.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
        });
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = "cursor",
            In = ParameterLocation.Query,
            Description = "The nextCursor of the page before, with the same filters.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
