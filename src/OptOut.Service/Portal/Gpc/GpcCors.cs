namespace OptOut.Service.Portal.Gpc;

/// <summary>
/// Lets a page of any origin send the signal, without credentials. No other route answers across origins.
/// </summary>
internal static class GpcCors
{
    private const string OneDay = "86400";

    public static void Allow(HttpResponse response) => response.Headers.AccessControlAllowOrigin = "*";

    public static IResult Preflight(HttpContext http)
    {
        Allow(http.Response);
        http.Response.Headers.AccessControlAllowMethods = "POST";
        http.Response.Headers.AccessControlAllowHeaders = "content-type";
        http.Response.Headers.AccessControlMaxAge = OneDay;
        return TypedResults.NoContent();
    }
}
