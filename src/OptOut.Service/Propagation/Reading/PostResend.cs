using OptOut.Service.Access;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Reading;

/// <summary><c>POST /v1/deliveries/{id}/resend</c>: an operator asks for a try now. It can only strengthen.</summary>
internal static class PostResend
{
    public static readonly ProblemKind AlreadyClosed = new(409, "delivery_closed", "The delivery is closed.",
        "The system has answered, or a newer version has overtaken it. Nothing is left to send.");

    public static async Task<IResult> HandleAsync(
        HttpContext http, string id, ResendDesk desk, DeliveryQueries deliveries, DispatchSignal dispatch)
    {
        if (!PublicId.TryParse(id, PublicId.Delivery, out var deliveryId))
            return ProblemKinds.NotFound.With();

        var asked = await desk.AskAsync(deliveryId, http.Caller().Actor, http.RequestAborted);
        if (await deliveries.OneAsync(deliveryId, http.RequestAborted) is not { } delivery)
            return ProblemKinds.NotFound.With();
        if (!asked)
            return AlreadyClosed.With();
        dispatch.Wake();
        var attempts = await deliveries.AttemptsAsync(deliveryId, http.RequestAborted);
        return TypedResults.Json(new DeliveryDetail(delivery, attempts), ReadingJson.Strict.DeliveryDetail,
            statusCode: StatusCodes.Status202Accepted);
    }
}
