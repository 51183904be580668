namespace OptOut.Service.Platform.Http;

/// <summary>The headers of every answer. A page that needs more than nothing sets its own content security policy.</summary>
internal static class SecurityHeaders
{
    private const string NothingAllowed = "default-src 'none'; frame-ancestors 'none'";
    private const string OneYear = "max-age=31536000";

    public static void Apply(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers["Request-Id"] = http.RequestId();
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = NothingAllowed;
        headers.CacheControl = "no-store";
        if (http.Request.IsHttps) headers.StrictTransportSecurity = OneYear;
    }
}
