using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access;

/// <summary>
/// The one place that decides who passes. It reads the route's own statement, proves the key, and refuses everything that
/// states nothing. It stands in for the framework's authentication and authorisation: a key has roles and nothing else,
/// so a claims principal per request would be built only to be thrown away.
/// </summary>
internal sealed partial class AccessGate(
    RequestDelegate next, Authenticator authenticator, FailureThrottle throttle, ILogger<AccessGate> logger)
{
    private const string ThrottlePolicy = "failed-authentications";

    public async Task InvokeAsync(HttpContext http)
    {
        if (await DecideAsync(http) is not { } problem)
        {
            await next(http);
            return;
        }

        if (problem.Kind.Status is 401) http.Response.Headers.WWWAuthenticate = "Bearer realm=\"optout\"";
        await problem.ExecuteAsync(http);
    }

    private async ValueTask<Problem?> DecideAsync(HttpContext http)
    {
        // No route, or the framework's own endpoint for a wrong method: there is nothing to protect.
        if (http.GetEndpoint() is not RouteEndpoint endpoint) return null;
        if (endpoint.Metadata.GetMetadata<RouteAccess>() is not { } access)
        {
            LogClosed(SafePath.TemplateOf(http));
            return ProblemKinds.RouteClosed.With();
        }

        if (access.IsPublic && !access.ReadsKey) return null;
        var authentication = await authenticator.AuthenticateAsync(http);
        return authentication.Outcome switch
        {
            AuthOutcome.Accepted => Admit(http, authentication.Caller!, access),
            AuthOutcome.Absent when access.IsPublic => null,
            AuthOutcome.Absent => RefuseNobody(http),
            _ => Refuse(http, authentication.KeyId),
        };
    }

    private Problem? Admit(HttpContext http, Caller caller, RouteAccess access)
    {
        http.Features.Set<IRequestActor>(caller);
        if (access.IsPublic || caller.Has(access.Any))
        {
            // What changes something leaves evidence of its own; a read would leave none.
            if (HttpMethods.IsGet(http.Request.Method)) LogRead(caller.KeyId, SafePath.TemplateOf(http));
            return null;
        }

        LogScopeMissing(caller.KeyId, SafePath.TemplateOf(http));
        return ProblemKinds.ScopeMissing.With(
            $"One of these roles is needed: {string.Join(", ", Roles.WordsOf(access.Any))}.");
    }

    private Problem RefuseNobody(HttpContext http)
    {
        LogNobody(SafePath.TemplateOf(http));
        return ProblemKinds.Unauthenticated.With();
    }

    private Problem Refuse(HttpContext http, string? keyId)
    {
        var standing = throttle.Count(http.Connection.RemoteIpAddress, keyId);
        RateLimitHeaders.Set(
            http, ThrottlePolicy, FailureThrottle.Quota, FailureThrottle.Window, standing.Remaining, standing.Reset);
        if (!standing.Exceeded) return ProblemKinds.Unauthenticated.With();
        LogThrottled(keyId);
        return new Problem(
            ProblemKinds.TooManyRequests,
            "Too many failed authentications from this source or for this key id.",
            RetryAfter: standing.Reset);
    }

    [LoggerMessage(402, LogLevel.Error, "Route {Route} states no permission and is closed")]
    private partial void LogClosed(string route);

    [LoggerMessage(403, LogLevel.Warning, "Key {KeyId} lacks the role for {Route}")]
    private partial void LogScopeMissing(string keyId, string route);

    [LoggerMessage(407, LogLevel.Information, "Key {KeyId} reads {Route}")]
    private partial void LogRead(string keyId, string route);

    [LoggerMessage(408, LogLevel.Warning, "No key was sent for {Route}")]
    private partial void LogNobody(string route);

    [LoggerMessage(404, LogLevel.Warning, "Failed authentications are throttled, key id {KeyId}")]
    private partial void LogThrottled(string? keyId);
}
