using System.Diagnostics;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// Around every request: gives it an id of ours, sets the headers every answer has, turns exceptions and bare statuses
/// into problem documents, and writes the one log line. The line holds the route's template, never the URL.
/// </summary>
internal sealed partial class RequestFrame(RequestDelegate next, TimeProvider clock, ILoggerFactory loggers)
{
    /// <summary>The log category of the request line; silence it with <c>Logging__LogLevel__OptOut.Requests</c>.</summary>
    public const string LogCategory = "OptOut.Requests";

    private readonly ILogger logger = loggers.CreateLogger(LogCategory);

    public async Task InvokeAsync(HttpContext http)
    {
        var started = clock.GetTimestamp();
        http.TraceIdentifier = PublicId.Format(PublicId.Request, Guid.CreateVersion7(clock.GetUtcNow()));
        var span = Activity.Current;
        SecurityHeaders.Apply(http);
        try
        {
            await next(http);
            if (IsBareError(http.Response))
                await ProblemKinds.ForStatus(http.Response.StatusCode).With().ExecuteAsync(http);
        }
        catch (Exception exception)
        {
            await AnswerAsync(http, exception);
        }
        finally
        {
            Describe(span, http);
            if (logger.IsEnabled(LogLevel.Information)) Log(http, clock.GetElapsedTime(started));
        }
    }

    // Exporters take the raw path out of the span, so the route is what names it.
    private static void Describe(Activity? span, HttpContext http)
    {
        if (span is not { IsAllDataRequested: true }) return;
        var route = SafePath.TemplateOf(http);
        span.SetTag("optout.request.id", http.RequestId());
        span.SetTag("http.request.method", KnownMethod(http.Request.Method));
        span.SetTag("http.response.status_code", http.Response.StatusCode);
        span.SetTag("http.route", route);
        span.DisplayName = $"{KnownMethod(http.Request.Method)} {route}";
    }

    private static bool IsBareError(HttpResponse response) =>
        response is { StatusCode: >= 400, HasStarted: false, ContentType: null } && response.ContentLength is null or 0;

    private async Task AnswerAsync(HttpContext http, Exception exception)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            if (!http.Response.HasStarted)
                http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }

        var fault = Fault.Of(exception);
        if (fault.Problem.Kind.Status >= 500)
            LogFault(fault.Type, fault.SqlState, SafePath.TemplateOf(http), http.RequestId());
        if (http.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
            return;
        }

        http.Response.Clear();
        SecurityHeaders.Apply(http);
        await fault.Problem.ExecuteAsync(http);
    }

    private void Log(HttpContext http, TimeSpan elapsed) => LogRequest(
        KnownMethod(http.Request.Method),
        SafePath.TemplateOf(http),
        http.Response.StatusCode,
        Math.Round(elapsed.TotalMilliseconds, 2),
        http.RequestId(),
        http.Features.Get<IRequestActor>()?.KeyId);

    private static string KnownMethod(string method) =>
        method is "GET" or "POST" or "PUT" or "DELETE" or "HEAD" or "OPTIONS" or "PATCH" ? method : "other";

    [LoggerMessage(301, LogLevel.Information, "{Method} {Route} {Status} in {DurationMs} ms, {RequestId}, key {KeyId}")]
    private partial void LogRequest(
        string method, string route, int status, double durationMs, string requestId, string? keyId);

    [LoggerMessage(302, LogLevel.Error, "{ExceptionType} (SQLSTATE {SqlState}) at {Route}, {RequestId}")]
    private partial void LogFault(string exceptionType, string? sqlState, string route, string requestId);
}

/// <summary>Who asked, as far as logs may say it: set by whatever recognises the caller.</summary>
internal interface IRequestActor
{
    string KeyId { get; }
}
