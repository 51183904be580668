namespace OptOut.Service.Platform.Http;

internal static class RequestIds
{
    /// <summary>This request's id, <c>req_…</c>. A Request-Id that the caller sent is not looked at.</summary>
    public static string RequestId(this HttpContext http) => http.TraceIdentifier;
}
