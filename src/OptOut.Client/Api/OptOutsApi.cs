using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>Opt-outs: recording, reading, lifting.</summary>
public sealed class OptOutsApi
{
    private readonly ApiTransport _transport;

    internal OptOutsApi(ApiTransport transport) => _transport = transport;

    /// <summary>
    /// Records a stop. A repeat of what already stands answers with the standing record. Tried again where it may pass,
    /// under one idempotency key.
    /// </summary>
    /// <param name="optOut">The stop.</param>
    /// <param name="idempotencyKey">The caller's own key, for repeats over restarts; made here where absent.</param>
    /// <param name="cancellationToken">Ends the call; whether it took effect is then not known.</param>
    /// <exception cref="OptOutException">It was refused, or the service could not be reached.</exception>
    public Task<OptOutRecord> RecordAsync(
        NewOptOut optOut, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post("v1/opt-outs", optOut, ApiJson.Default.NewOptOut)
                .Once(idempotencyKey ?? ApiTransport.NewIdempotencyKey()),
            ApiJson.Default.OptOutRecord, cancellationToken);

    /// <summary>Records up to 1,000 stops, each with its own answer, in order.</summary>
    public async Task<IReadOnlyList<BatchAnswer<OptOutRecord>>> RecordAsync(
        IReadOnlyList<NewOptOut> optOuts, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var answers = await _transport.SendAsync(
            ApiCall.Post("v1/opt-outs/batch", new Items<NewOptOut>(optOuts), ApiJson.Default.ItemsNewOptOut)
                .Once(idempotencyKey ?? ApiTransport.NewIdempotencyKey()),
            ApiJson.Default.ItemsBatchAnswerOptOutRecord, cancellationToken);
        return Each(optOuts.Count, answers.All);
    }

    /// <summary>The newest version.</summary>
    public Task<OptOutRecord> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get(PathOf(id)), ApiJson.Default.OptOutRecord, cancellationToken);

    /// <summary>All versions, oldest first.</summary>
    public IAsyncEnumerable<OptOutRecord> VersionsAsync(string id, CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, PathOf(id) + "/versions", ApiJson.Default.PageOptOutRecord, cancellationToken);

    /// <summary>How far it has come, per system.</summary>
    /// <param name="id">The opt-out.</param>
    /// <param name="wait">How long the service may hold the answer back for something to report; none where absent.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Propagation> PropagationAsync(
        string id, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Get(PathOf(id) + "/propagation").Waiting(wait), ApiJson.Default.Propagation, cancellationToken);

    /// <summary>Everything that happened around it, in order.</summary>
    public IAsyncEnumerable<TrailItem> TrailAsync(string id, CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, PathOf(id) + "/trail", ApiJson.Default.PageTrailItem, cancellationToken);

    /// <summary>What the person keeps.</summary>
    public Task<OptOutReceipt> ReceiptAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get(PathOf(id) + "/receipt"), ApiJson.Default.OptOutReceipt, cancellationToken);

    /// <summary>What was blocked, cancelled or sent under it, oldest first.</summary>
    public IAsyncEnumerable<RecordedDecision> DecisionsAsync(string id, CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, PathOf(id) + "/decisions", ApiJson.Default.PageRecordedDecision, cancellationToken);

    /// <summary>Lifts a stop, by the subject's own act only; the key needs role <c>portal</c>.</summary>
    /// <param name="id">The opt-out.</param>
    /// <param name="version">The version that the person saw.</param>
    /// <param name="token">From <see cref="LinksApi.ReversalAsync"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<OptOutRecord> ReverseAsync(
        string id, int version, string token, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post(PathOf(id) + "/reversals", new ReversalBody(new EvidenceBody("token", token)),
                    ApiJson.Default.ReversalBody)
                .Against(version).Once(ApiTransport.NewIdempotencyKey()),
            ApiJson.Default.OptOutRecord, cancellationToken);

    internal static IReadOnlyList<T> Each<T>(int asked, IReadOnlyList<T> answered) => answered.Count == asked
        ? answered
        : throw new OptOutUnreachableException("The answer does not have one item for each that was sent.");

    private static string PathOf(string id) => "v1/opt-outs/" + ApiCall.Segment(id);
}
