using Microsoft.OpenApi;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Platform.OpenApi;

/// <summary>Writes into an operation the headers and query parameters that its handler reads.</summary>
internal static class OperationParameters
{
    public static void AddTo(OpenApiOperation operation, EndpointMetadataCollection metadata)
    {
        operation.Parameters ??= [];
        if (metadata.GetMetadata<ListParameters>() is not null) AddListParameters(operation);
        foreach (var parameter in metadata.GetOrderedMetadata<OperationParameter>().Concat(Implied(metadata)))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = parameter.In == "header" ? ParameterLocation.Header : ParameterLocation.Query,
                Description = parameter.Description,
                Required = parameter.Required,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
    }

    // A route that may refuse for a header reads it. PUT also makes what is not there yet, and then needs no version.
    private static IEnumerable<OperationParameter> Implied(EndpointMetadataCollection metadata)
    {
        var codes = metadata.GetOrderedMetadata<Refusals>().SelectMany(r => r.Kinds).Select(k => k.Code).ToHashSet();
        if (codes.Contains(ProblemKinds.PreconditionRequired.Code))
        {
            var makes = metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(HttpMethods.Put) == true;
            yield return new OperationParameter("If-Match", "header", "The ETag of the version that was read.", !makes);
        }

        var demanded = codes.Contains(ProblemKinds.IdempotencyKeyRequired.Code);
        if (demanded || codes.Contains(ProblemKinds.IdempotencyKeyInvalid.Code))
        {
            yield return new OperationParameter(IdempotencyKeyHeader.Name, "header",
                "1 to 255 visible ASCII characters; the same request under the same key has the same answer for 24 hours.",
                demanded);
        }
    }

    private static void AddListParameters(OpenApiOperation operation)
    {
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = "limit",
            In = ParameterLocation.Query,
            Description = $"How many items, {Paging.DefaultLimit} where absent; more than {Paging.MaxLimit} becomes {Paging.MaxLimit}.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
        });
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = "cursor",
            In = ParameterLocation.Query,
            Description = "The nextCursor of the page before, with the same filters.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
    }
}
