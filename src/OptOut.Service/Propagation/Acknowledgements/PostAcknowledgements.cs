using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Contracts;
using OptOut.Contracts.Json;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>
/// <c>POST /v1/acknowledgements</c>: up to 1,000 words of one system, under its own key, the raw body signed with its
/// secret. Each item is answered on its own; what is refused is recorded too.
/// </summary>
internal static class PostAcknowledgements
{
    public static readonly ProblemKind SignatureInvalid = new(401, "signature_invalid",
        "The body's signature does not hold.",
        "Sign the raw body with the system's secret: webhook-id, webhook-timestamp, webhook-signature (Standard Webhooks), within five minutes.");

    public static readonly ProblemKind Rejected = new(422, "acknowledgement_rejected",
        "The acknowledgement changed nothing.", "The detail says why: it is stale, repeated, foreign, or about another record.");

    public static async Task<IResult> HandleAsync(
        HttpContext http, AcknowledgementRecorder intake, SystemDirectory systems, TimeProvider clock)
    {
        var batch = await RequestBody.ReadItemsAsync(
            http, AcknowledgementsJson.Strict.Acknowledgement, ContractLimits.MaxAcknowledgementsPerRequest);
        if (batch.Problem is not null)
            return batch.Problem;
        if (http.Caller().SystemName is not { } name
            || (await systems.FreshAsync(http.RequestAborted)).ByName.GetValueOrDefault(name) is not { } system)
            return ProblemKinds.ScopeMissing.With("The key's role system:{name} names no registered system.");

        var message = new SignedMessage(batch.Raw, HeadersOf(http), http.Request.Headers.TraceParent);
        var bodyHash = SHA256.HashData(batch.Raw.Span);
        if (AcknowledgementVerifier.SignatureFault(
            message, system, clock.GetUtcNow(), ContractLimits.SignatureTolerance) is { } fault)
        {
            await intake.StoreAsync([Claim(system, message, bodyHash) with { Rejection = fault }], http.RequestAborted);
            return SignatureInvalid.With();
        }

        var claims = batch.Items.Select(item => item.TryGet(out var word, out _) && word.IsWithinBounds()
            ? Claim(system, message, bodyHash) with { Word = word }
            : Claim(system, message, bodyHash) with { Rejection = RejectionCodes.Unreadable }).ToList();
        // Accepted words are stored even if the caller goes away now: it will send them again, and they will be repeats.
        var verdicts = await intake.StoreAsync(claims, CancellationToken.None);
        return TypedResults.Json(new AcknowledgementsAnswer([.. verdicts.Select((v, i) => Item(http, v, batch.Items[i]))]),
            AcknowledgementsJson.Strict.AcknowledgementsAnswer, statusCode: StatusCodes.Status207MultiStatus);
    }

    private static AcknowledgementItem Item(HttpContext http, AcknowledgementVerdict verdict, Body<Acknowledgement> item)
    {
        if (verdict.AcknowledgementId is { } id)
            return new AcknowledgementItem(StatusCodes.Status201Created,
                PublicId.Format(PublicId.Acknowledgement, id), null);
        // A repeat is what at-least-once brings: nothing changed, and nothing is wrong.
        if (verdict.Rejection == RejectionCodes.Repeated)
            return new AcknowledgementItem(StatusCodes.Status200OK, null, null);
        var problem = item.TryGet(out _, out var fault) ? KindOf(verdict.Rejection!).With(verdict.Rejection) : fault;
        return new AcknowledgementItem(problem.Kind.Status, null, ProblemDocument.From(problem, http));
    }

    private static ProblemKind KindOf(string code) => code switch
    {
        RejectionCodes.DeliveryUnknown => ProblemKinds.NotFound,
        RejectionCodes.ForeignDelivery => ProblemKinds.ScopeMissing,
        RejectionCodes.Stale or RejectionCodes.AlreadyClosed => ProblemKinds.Conflict,
        _ => Rejected,
    };

    private static AcknowledgementClaim Claim(DownstreamSystem system, SignedMessage message, byte[] bodyHash) => new()
    {
        Source = AcknowledgementSources.Http,
        System = system,
        BodyHash = bodyHash,
        MessageId = Redaction.OfMessageId(message.Headers.Id),
        TraceParent = message.TraceParent,
    };

    private static WebhookHeaders HeadersOf(HttpContext http) => new(
        http.Request.Headers[WebhookHeaders.IdName],
        http.Request.Headers[WebhookHeaders.TimestampName],
        http.Request.Headers[WebhookHeaders.SignatureName]);
}

/// <summary>One answer for each item, in order.</summary>
public sealed record AcknowledgementsAnswer(IReadOnlyList<AcknowledgementItem> Items);

/// <summary>201 with the id of the stored word, 200 for a repeat, else a problem.</summary>
public sealed record AcknowledgementItem(
    int Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ProblemDocument? Problem);

[JsonSerializable(typeof(Acknowledgement))]
[JsonSerializable(typeof(AcknowledgementsAnswer))]
internal sealed partial class AcknowledgementsJson : JsonSerializerContext
{
    public static AcknowledgementsJson Strict { get; } = new(OptOutJson.NewOptions());
}
