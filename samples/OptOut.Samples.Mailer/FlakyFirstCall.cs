using System.Collections.Concurrent;
using OptOut.Contracts;

namespace OptOut.Samples.Mailer;

/// <summary>Answers 503 to the first call of each delivery, to show what the service does about it.</summary>
internal sealed class FlakyFirstCall(RequestDelegate next)
{
    private const int MaxRemembered = 100_000;

    private readonly ConcurrentDictionary<string, bool> _seen = new();

    public Task InvokeAsync(HttpContext context)
    {
        var delivery = context.Request.Headers[WebhookHeaders.IdName].ToString();
        var first = delivery.Length > 0 && _seen.Count < MaxRemembered && _seen.TryAdd(delivery, true);
        if (!first) return next(context);
        Console.WriteLine("mailer: not now (503 on the first call)");
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }
}
