using System.Text.Json.Serialization;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>What <c>/health/ready</c> answers.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> (stops are recorded, something else waits) or <c>failed</c>.</param>
/// <param name="Separation"><c>on</c>, or <c>off</c> where one database login does all.</param>
/// <param name="Checks">Each check.</param>
public sealed record HealthAnswer(string Status, string Separation, IReadOnlyList<HealthCheck> Checks);

/// <param name="Name">What was looked at.</param>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>failed</c>.</param>
/// <param name="Detail">Words for an operator.</param>
public sealed record HealthCheck(string Name, string Status, string? Detail);

/// <summary>What <c>/health/live</c> answers.</summary>
/// <param name="Status">Always <c>ok</c>: the process answers.</param>
public sealed record LiveAnswer(string Status);

[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(LiveAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext
{
    public static HealthJson Strict { get; } = new(OptOutJson.NewOptions());
}

internal static class HealthEndpoints
{
    /// <summary>How long one check may take before it counts as failed.</summary>
    public static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Maps the two routes; both are public, and say nothing that an outsider could use.</summary>
    public static IEndpointConventionBuilder MapOptOutHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health");
        health.MapGet("/live", () => TypedResults.Json(new LiveAnswer("ok"), HealthJson.Strict.LiveAnswer))
            .WithName("Live").WithSummary("Says that the process answers.")
            .WithBodies(null, typeof(LiveAnswer)).WithExample(null, """{ "status": "ok" }""");
        health.MapGet("/ready", ReadyAsync)
            .WithName("Ready").WithSummary("Says whether stops can be recorded here; 503 where they cannot.")
            .WithBodies(null, typeof(HealthAnswer))
            .WithExample(null,
                """
                { "status": "degraded", "separation": "on", "checks": [
                  { "name": "database", "status": "ok", "detail": null },
                  { "name": "broker", "status": "degraded", "detail": "Not connected; deliveries wait." } ] }
                """);
        return health;
    }

    private static async Task<IResult> ReadyAsync(HttpContext http, IEnumerable<IReadinessCheck> checks)
    {
        var results = await Task.WhenAll(checks.Select(c => RunAsync(c, http.RequestAborted)));
        var worst = results.Select(r => r.Result.State).DefaultIfEmpty(ReadinessState.Ok).Max();
        var separated = http.RequestServices.GetService<DatabaseOptions>()?.Separated == true;
        var answer = new HealthAnswer(
            Word(worst),
            separated ? "on" : "off",
            [.. results.Select(r => new HealthCheck(r.Name, Word(r.Result.State), r.Result.Detail))]);
        var status = worst == ReadinessState.Failed ? 503 : 200;
        if (status == 503) http.Response.Headers.RetryAfter = "5";
        return TypedResults.Json(answer, HealthJson.Strict.HealthAnswer, statusCode: status);
    }

    private static async Task<(string Name, ReadinessResult Result)> RunAsync(
        IReadinessCheck check, CancellationToken cancellationToken)
    {
        try
        {
            // A check that ignores its token must not hold the answer up either.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(CheckTimeout);
            return (check.Name, await check.CheckAsync(limit.Token).AsTask().WaitAsync(CheckTimeout, cancellationToken));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return (check.Name, ReadinessResult.Failed(exception is TimeoutException or OperationCanceledException
                ? "No answer within the time-out."
                : exception.GetType().Name));
        }
    }

    private static string Word(ReadinessState state) => state switch
    {
        ReadinessState.Ok => "ok",
        ReadinessState.Degraded => "degraded",
        _ => "failed",
    };
}
