using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Access;

/// <summary>The routes that belong to no capability, each with who may call it.</summary>
internal static class SurroundingRoutes
{
    /// <summary>
    /// Health and the page of problems are open: they say nothing that helps an attacker. The API's documentation is open
    /// in development and needs a reader's key everywhere else.
    /// </summary>
    public static void MapSurroundingRoutes(this WebApplication app)
    {
        app.MapOptOutHealth().PublicRoute();
        app.MapProblemPage().PublicRoute();
        var documentation = app.MapOptOutOpenApi();
        if (app.Environment.IsDevelopment()) documentation.PublicRoute();
        else documentation.RequireRoles("reader");
    }
}
