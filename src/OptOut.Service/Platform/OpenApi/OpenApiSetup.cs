using Microsoft.OpenApi;

namespace OptOut.Service.Platform.OpenApi;

/// <summary>The OpenAPI 3.1 document at <c>/openapi/v1.json</c> and its page at <c>/swagger</c>.</summary>
internal static class OpenApiSetup
{
    public const string DocumentPath = "/openapi/v1.json";

    private const string DocumentName = "v1";

    // The page's own files only; it styles itself inline and draws its icons from data URLs.
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static IServiceCollection AddOptOutOpenApi(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(generator =>
        {
            generator.SwaggerDoc(DocumentName, new OpenApiInfo
            {
                Title = "OptOut",
                Version = DocumentName,
                Description = "Records that a person said stop, tells every system, and proves it.",
            });
            generator.AddSecurityDefinition(OperationDescriber.Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key, oo_…, in the Authorization header and nowhere else.",
            });
            generator.SupportNonNullableReferenceTypes();
            generator.NonNullableReferenceTypesAsRequired();
            generator.SchemaFilter<NullableReferences>();
            generator.OperationFilter<OperationDescriber>();
        });
        return services;
    }

    /// <summary>Maps the document and the page. The caller says who may read them.</summary>
    public static IEndpointConventionBuilder MapOptOutOpenApi(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("");
        group.MapSwagger("/openapi/{documentName}.json", o => o.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1);
        group.MapSwaggerUI("/swagger", page =>
        {
            page.DocumentTitle = "OptOut";
            page.SwaggerEndpoint(DocumentPath, "OptOut v1");
        });
        group.ExcludeFromDescription();
        return group;
    }

    /// <summary>Relaxes the content security policy for the documentation's page and for nothing else.</summary>
    public static IApplicationBuilder UseOptOutOpenApiPolicy(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.Request.Path.StartsWithSegments("/swagger", StringComparison.Ordinal))
            http.Response.Headers.ContentSecurityPolicy = PagePolicy;
        return next(http);
    });
}
