using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Recording;

namespace OptOut.Service.Propagation.Reading;

/// <summary><c>GET /v1/opt-outs/{id}/propagation</c>: with <c>Prefer: wait=N</c> it answers when all have closed, or after N seconds.</summary>
internal static class GetPropagation
{
    /// <summary>A word taken by another replica is seen at the next look.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Requests that wait at once; one more is answered as things stand.</summary>
    private const int MaxWaiting = 512;

    private static int _waiting;

    public static async Task<IResult> HandleAsync(
        HttpContext http,
        string id,
        RecordQueries records,
        DeliveryQueries deliveries,
        AcknowledgementSignal signal,
        IHostApplicationLifetime lifetime,
        TimeProvider clock)
    {
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId))
            return ProblemKinds.NotFound.With();

        var sight = RecordSight.Of(http.Caller());
        var wait = PreferWait.Read(http) ?? TimeSpan.Zero;
        var started = clock.GetTimestamp();
        var mayWait = Interlocked.Increment(ref _waiting) <= MaxWaiting;
        try
        {
            while (true)
            {
                var moved = signal.NextAsync();
                if (await records.NewestAsync(optOutId, sight, http.RequestAborted) is not { } record)
                    return ProblemKinds.NotFound.With();
                if (record.RollUp.State is "complete" or "failed" || !mayWait || clock.GetElapsedTime(started) >= wait
                    || lifetime.ApplicationStopping.IsCancellationRequested)
                    return await AnswerAsync(http, record, deliveries);
                await Task.WhenAny(moved, Task.Delay(LookInterval, clock, http.RequestAborted));
                http.RequestAborted.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static async Task<IResult> AnswerAsync(HttpContext http, RecordState record, DeliveryQueries deliveries)
    {
        var systems = await deliveries.OfOptOutAsync(record.OptOutId, record.Version, http.RequestAborted);
        return TypedResults.Json(new PropagationView(PublicId.Format(PublicId.OptOut, record.OptOutId), record.Version,
            record.RollUp.State, record.RollUp.Overdue, systems), ReadingJson.Strict.PropagationView);
    }
}
