using System.Reflection;
using System.Text.Json;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace OptOut.Service.Platform.OpenApi;

/// <summary>Says of a member that refers to another schema and may be null that it may be null.</summary>
internal sealed class NullableReferences : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { } members }) return;
        var nullability = new NullabilityInfoContext();
        foreach (var property in context.Type.GetProperties())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            if (members.TryGetValue(name, out var member) && member is OpenApiSchemaReference
                && nullability.Create(property).ReadState == NullabilityState.Nullable)
                members[name] = new OpenApiSchema { OneOf = [member, new OpenApiSchema { Type = JsonSchemaType.Null }] };
        }
    }
}
