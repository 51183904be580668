using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>What senders did under stops.</summary>
public sealed class DecisionsApi
{
    private readonly ApiTransport _transport;

    internal DecisionsApi(ApiTransport transport) => _transport = transport;

    /// <summary>
    /// Reports up to 1,000 messages that were blocked, cancelled, or sent after a stop; one answer each, in order. Tried
    /// again only where every report has a message id, by which the service knows a repeat.
    /// </summary>
    public async Task<IReadOnlyList<DecisionAnswer>> ReportAsync(
        IReadOnlyList<DecisionReport> reports, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var call = ApiCall.Post("v1/decisions", new Items<DecisionReport>(reports), ApiJson.Default.ItemsDecisionReport);
        if (reports.All(report => report.MessageId is not null)) call = call.Once(ApiTransport.NewIdempotencyKey());
        var answers = await _transport.SendAsync(call, ApiJson.Default.ItemsDecisionAnswer, cancellationToken);
        return OptOutsApi.Each(reports.Count, answers.All);
    }
}
