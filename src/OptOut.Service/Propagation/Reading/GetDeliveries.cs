using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Reading;

/// <summary><c>GET /v1/deliveries</c> and <c>/v1/deliveries/{id}</c>.</summary>
internal static class GetDeliveries
{
    private static readonly string[] Names = ["system", "state", "overdue", "optOut", "since"];

    public static async Task<IResult> HandleAsync(HttpContext http, DeliveryQueries deliveries, ICursors cursors)
    {
        if (!TryReadFilter(http.Request.Query, out var filter, out var fault))
            return ProblemKinds.InvalidParameter.With(fault);
        // Times whole: printed in the usual way they would lose what is less than a second.
        var filters = $"deliveries:{filter with { Since = null }} {filter.Since:O}";
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;

        var after = page.Position is { Length: 16 } position ? new Guid(position, bigEndian: true) : Guid.Empty;
        var found = await deliveries.ListAsync(filter, after, page.Limit + 1, http.RequestAborted);
        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            PublicId.TryParse(found[^1].DeliveryId, PublicId.Delivery, out var last);
            next = last.ToByteArray(bigEndian: true);
        }

        return Paging.Answer(http, cursors, filters, found, next, ReadingJson.Strict.ListAnswerDeliveryView);
    }

    public static async Task<IResult> HandleOneAsync(HttpContext http, string id, DeliveryQueries deliveries)
    {
        if (!PublicId.TryParse(id, PublicId.Delivery, out var deliveryId)
            || await deliveries.OneAsync(deliveryId, http.RequestAborted) is not { } delivery)
            return ProblemKinds.NotFound.With();
        var attempts = await deliveries.AttemptsAsync(deliveryId, http.RequestAborted);
        return TypedResults.Json(new DeliveryDetail(delivery, attempts), ReadingJson.Strict.DeliveryDetail);
    }

    private static bool TryReadFilter(IQueryCollection query, out DeliveryFilter filter, out string? fault)
    {
        filter = new DeliveryFilter(null, null, null, null, null);
        // A filter that would be passed over shows everything: one that cannot be read is refused.
        fault = Names.FirstOrDefault(name => query[name] is { Count: > 0 } values && values is not [{ Length: > 0 }]) is { } name
            ? $"{name} stands once, with a value."
            : null;
        if (fault is not null)
            return false;
        if (query["system"] is [{ } system])
            filter = filter with { System = system };
        if (query["state"] is [{ } state])
        {
            if (!DeliveryStates.All.Contains(state))
                fault = "state is one of " + string.Join(", ", DeliveryStates.All) + ".";
            filter = filter with { State = state };
        }

        if (query["overdue"] is [{ } overdue])
        {
            if (!bool.TryParse(overdue, out var value))
                fault = "overdue is true or false.";
            filter = filter with { Overdue = value };
        }

        if (query["optOut"] is [{ } optOut])
        {
            if (!PublicId.TryParse(optOut, PublicId.OptOut, out var optOutId))
                fault = "optOut is the id of an opt-out.";
            filter = filter with { OptOutId = optOutId };
        }

        if (query["since"] is [{ } since])
        {
            if (!Rfc3339Converter.TryParse(since, out var value))
                fault = "since is an RFC 3339 time.";
            filter = filter with { Since = value };
        }

        return fault is null;
    }
}
