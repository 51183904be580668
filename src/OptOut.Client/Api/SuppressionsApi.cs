using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>Asking the service itself: may I? For many questions a gate is faster; this is never stale.</summary>
public sealed class SuppressionsApi
{
    private readonly ApiTransport _transport;

    internal SuppressionsApi(ApiTransport transport) => _transport = transport;

    /// <summary>
    /// Answers up to 1,000 questions. A stop is on record with it. A call that fails answers nothing: do not use the data.
    /// </summary>
    public async Task<SuppressionCheck> CheckAsync(
        IReadOnlyList<SuppressionQuestion> questions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        var answer = await _transport.SendAsync(
            ApiCall.Post("v1/suppressions/check", new Items<SuppressionQuestion>(questions),
                ApiJson.Default.ItemsSuppressionQuestion),
            ApiJson.Default.SuppressionCheck, cancellationToken);
        OptOutsApi.Each(questions.Count, answer.Items);
        return answer;
    }

    /// <summary>Answers one question about one identifier.</summary>
    public async Task<SuppressionVerdict> CheckAsync(
        string type, string value, string purpose, string channel, CancellationToken cancellationToken = default)
    {
        var question = new SuppressionQuestion
        {
            Identifier = new Identifier(type, value), Purpose = purpose, Channel = channel,
        };
        return (await CheckAsync([question], cancellationToken)).Items[0];
    }

    /// <summary>
    /// Copies the lines of people who may be used from one stream to another, byte for byte and in order. Any length, with
    /// constant memory. A line that cannot be read is held back. Where the call fails, what was written so far was allowed.
    /// </summary>
    /// <param name="lines">NDJSON: <c>{"type":"email","value":"…"}</c> a line; further members ride along.</param>
    /// <param name="allowed">Takes the allowed lines.</param>
    /// <param name="purpose">What the lines are for.</param>
    /// <param name="channel">By which channel.</param>
    /// <param name="progress">Told after each piece of the stream.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    public Task<FilterCounts> FilterAsync(
        Stream lines, Stream allowed, string purpose, string channel, IProgress<FilterCounts>? progress = null,
        CancellationToken cancellationToken = default) =>
        new LineFilter(_transport, purpose, channel).RunAsync(lines, allowed, progress, cancellationToken);
}
