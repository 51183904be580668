using System.Text.Json;
using OptOut.Client.Api;

namespace OptOut.Client.Http;

/// <summary>Turns an answer that is no success into the exception that says why.</summary>
internal static class ProblemReader
{
    public static OptOutException Read(HttpResponseMessage response, byte[] body, TimeProvider clock)
    {
        var problem = Parse(body);
        return problem is null
            ? new OptOutUnreachableException($"Status {(int)response.StatusCode} without a problem document: not the service's.")
            : OptOutProblemException.Of(problem, RetryAfter(response, clock));
    }

    /// <summary>Seconds, or a date from which the time until now is taken (RFC 9110).</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider clock) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } wait } => wait,
            { Date: { } date } => date > clock.GetUtcNow() ? date - clock.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };

    private static OptOutProblem? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.Default.OptOutProblem);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
