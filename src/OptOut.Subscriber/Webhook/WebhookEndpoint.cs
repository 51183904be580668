using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Contracts;
using OptOut.Subscriber.Acknowledging;
using OptOut.Subscriber.Processing;

namespace OptOut.Subscriber.Webhook;

/// <summary>Takes events as webhooks and answers each with its signed acknowledgement.</summary>
public static class WebhookEndpoint
{
    /// <summary>
    /// Maps <c>POST {pattern}</c>. The signature is the authentication: 401 without a right one of the last five minutes,
    /// 413 beyond 64 KiB, 400 for what is no event, else 200 with the acknowledgement, also where the handler failed.
    /// </summary>
    public static IEndpointConventionBuilder MapOptOutWebhook(this IEndpointRouteBuilder routes, string pattern) =>
        routes.MapPost(pattern, ReceiveAsync).WithMetadata(new AllowAnonymousAttribute()).DisableAntiforgery();

    private static async Task<IResult> ReceiveAsync(
        HttpContext context,
        NoticeProcessor processor,
        SecretRing ring,
        AcknowledgementSigner signer,
        IOptions<OptOutSubscriberOptions> options,
        TimeProvider clock,
        ILogger<NoticeProcessor> log)
    {
        var (told, refusal) = await OpenAsync(context.Request, ring, clock, log);
        if (told is null) return refusal!;

        var answer = await processor.ProcessAsync(told, options.Value.WebhookBudget, context.RequestAborted);
        var body = answer.ToUtf8Bytes();
        var signed = signer.Sign(body);
        var headers = context.Response.Headers;
        headers[WebhookHeaders.IdName] = signed.Id;
        headers[WebhookHeaders.TimestampName] = signed.Timestamp;
        headers[WebhookHeaders.SignatureName] = signed.Signature;
        return Results.Bytes(body, "application/json");
    }

    private static async Task<(OptOutEvent? Told, IResult? Refusal)> OpenAsync(
        HttpRequest request, SecretRing ring, TimeProvider clock, ILogger log)
    {
        var body = await BoundedBody.ReadAsync(request, request.HttpContext.RequestAborted);
        if (body is null) return (null, Refuse(log, StatusCodes.Status413PayloadTooLarge, ProblemCodes.BodyTooLarge, 0));

        var headers = new WebhookHeaders(
            request.Headers[WebhookHeaders.IdName],
            request.Headers[WebhookHeaders.TimestampName],
            request.Headers[WebhookHeaders.SignatureName]);
        var verdict = StandardWebhooks.Verify(
            headers, body, ring.Secrets, clock.GetUtcNow(), ContractLimits.SignatureTolerance);
        if (verdict != SignatureVerdict.Ok)
            return (null, Refuse(log, StatusCodes.Status401Unauthorized, ProblemCodes.SignatureInvalid, body.Length));

        var told = OptOutEvent.TryParse(body);
        return told is not null && EventTypes.IsKnown(told.Type)
            ? (told, null)
            : (null, Refuse(log, StatusCodes.Status400BadRequest, ProblemCodes.MalformedBody, body.Length));
    }

    private static IResult Refuse(ILogger log, int status, string code, int length)
    {
        log.Unreadable(code, length);
        SubscriberTelemetry.Unread(code);
        return Results.Problem(statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });
    }
}
