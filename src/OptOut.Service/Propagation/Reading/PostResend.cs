using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Reading;

/// <summary><c>POST /v1/deliveries/{id}/resend</c>: an operator asks for a try now. It can only strengthen.</summary>
internal static class PostResend
{
    public static readonly ProblemKind AlreadyClosed = new(409, "delivery_closed", "The delivery is closed.",
        "The system has answered, or a newer version has overtaken it. Nothing is left to send.");

    /// <summary>
    /// Back to retrying, so that a confirmed message is published again without a look at its queue. The count of
    /// questions tells a call that is in flight now that its outcome decides nothing about the next try.
    /// </summary>
    private const string MakeDue =
        """
        WITH asked AS (
            UPDATE optout.delivery SET state = 'retrying', next_attempt_at = now(), asked = asked + 1
            WHERE delivery_id = $1 AND closed_at IS NULL RETURNING delivery_id)
        UPDATE optout.open_delivery o SET due_at = now() FROM asked WHERE o.delivery_id = asked.delivery_id
        """;

    public static async Task<IResult> HandleAsync(
        HttpContext http, string id, Databases databases, DeliveryQueries deliveries, DispatchSignal dispatch)
    {
        if (!PublicId.TryParse(id, PublicId.Delivery, out var deliveryId))
            return ProblemKinds.NotFound.With();

        await using var command = databases.Main.CreateCommand(MakeDue);
        command.Parameters.Add(Sql.Value(deliveryId));
        var changed = await command.ExecuteNonQueryAsync(http.RequestAborted);
        if (await deliveries.OneAsync(deliveryId, http.RequestAborted) is not { } delivery)
            return ProblemKinds.NotFound.With();
        if (changed == 0)
            return AlreadyClosed.With();
        dispatch.Wake();
        var attempts = await deliveries.AttemptsAsync(deliveryId, http.RequestAborted);
        return TypedResults.Json(new DeliveryDetail(delivery, attempts), ReadingJson.Strict.DeliveryDetail,
            statusCode: StatusCodes.Status202Accepted);
    }
}
