using System.Diagnostics;
using Npgsql;
using OptOut.Contracts;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>Takes acknowledgements from every door: the broker's queue, the API, a webhook's own answer.</summary>
internal sealed partial class AcknowledgementRecorder(
    AcknowledgementStore store,
    SystemDirectory systems,
    AcknowledgementSignal signal,
    TimeProvider clock,
    ILogger<AcknowledgementRecorder> logger) : IAcknowledgementSink
{
    private const int DeadlockRetries = 5;

    /// <summary>A batch from the broker. It throws where the database is away: then the same messages come again.</summary>
    public async ValueTask TakeAsync(IReadOnlyList<IncomingAcknowledgement> batch, CancellationToken cancellationToken)
    {
        var known = await systems.FreshAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await StoreAsync([.. batch.Select(message => AcknowledgementVerifier.Read(
            new SignedMessage(message.Body,
                new WebhookHeaders(message.WebhookId, message.WebhookTimestamp, message.WebhookSignature), message.TraceParent),
            message.RoutingKey is { } name ? known.ByName.GetValueOrDefault(name) : null,
            AcknowledgementSources.Amqp, now, tolerance: null))], cancellationToken);
    }

    /// <summary>A webhook's 200 with the three headers. True where it was accepted as an acknowledgement.</summary>
    public async Task<bool> TakeWebhookAnswerAsync(
        DownstreamSystem system, SignedMessage message, CancellationToken cancellationToken)
    {
        var claim = AcknowledgementVerifier.Read(message, system, AcknowledgementSources.WebhookResponse,
            clock.GetUtcNow(), ContractLimits.SignatureTolerance);
        var verdicts = await StoreAsync([claim], cancellationToken);
        return verdicts[0].IsAccepted;
    }

    /// <summary>
    /// A word that the service takes from a vendor's answer. True where it was accepted. The evidence is the answer's hash.
    /// </summary>
    public async Task<bool> TakeVendorWordAsync(
        ClaimedDelivery delivery, VendorWord word, CancellationToken cancellationToken)
    {
        var deliveryId = PublicId.Format(PublicId.Delivery, delivery.DeliveryId);
        var claim = new AcknowledgementClaim
        {
            Source = AcknowledgementSources.VendorResponse,
            BodyHash = word.EvidenceHash,
            System = delivery.System,
            MessageId = $"{deliveryId}_{delivery.Attempts + 1}",
            TraceParent = delivery.TraceParent,
            ReadBackAfter = word.ReadBackAfter,
            Word = new Acknowledgement
            {
                DeliveryId = deliveryId,
                OptOutId = PublicId.Format(PublicId.OptOut, delivery.OptOutId),
                Version = delivery.Version,
                RecordHash = Convert.ToBase64String(delivery.RecordHash),
                Outcome = word.Outcome,
                AppliedAt = word.Outcome == AcknowledgementOutcome.Applied ? clock.GetUtcNow() : null,
                Actions = word.Actions,
                Reason = word.Reason,
            },
        };
        return (await StoreAsync([claim], cancellationToken))[0].IsAccepted;
    }

    /// <summary>Claims that are read already; one verdict each, in order.</summary>
    public async Task<IReadOnlyList<AcknowledgementVerdict>> StoreAsync(
        IReadOnlyList<AcknowledgementClaim> claims, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (verdicts, accepted) = await store.StoreAsync(claims, cancellationToken);
                Tell(claims, verdicts, accepted);
                return verdicts;
            }
            catch (PostgresException exception)
                when (attempt < DeadlockRetries && exception.SqlState == PostgresErrorCodes.DeadlockDetected)
            {
                LogAgain(attempt);
            }
        }
    }

    private void Tell(
        IReadOnlyList<AcknowledgementClaim> claims,
        IReadOnlyList<AcknowledgementVerdict> verdicts,
        IReadOnlyList<AcceptedAcknowledgement> accepted)
    {
        var now = clock.GetUtcNow();
        foreach (var word in accepted)
        {
            var channel = word.Claim.System!.Channel.Type;
            OptOutTelemetry.Acknowledged(WireNames.Of(word.Claim.Word!.Outcome), word.Claim.Source);
            if (DeliveryStates.IsClosed(word.NewState))
                OptOutTelemetry.DeliveryLag(now - word.Delivery.RecordedAt, channel);
            Trace(word);
        }

        for (var i = 0; i < verdicts.Count; i++)
        {
            if (verdicts[i].Rejection is not { } code)
                continue;
            OptOutTelemetry.AcknowledgementRejected(code);
            // A flood of refusals fills no log either.
            if (verdicts[i].IsKept)
                LogRejected(claims[i].System?.Name, code, claims[i].Source);
        }

        if (accepted.Count > 0)
            signal.Wake();
    }

    /// <summary>The last span of the trace that began with the person's request.</summary>
    private static void Trace(AcceptedAcknowledgement word)
    {
        if (!OptOutTelemetry.Source.HasListeners()
            || !ActivityContext.TryParse(word.Claim.TraceParent, null, isRemote: true, out var parent))
            return;
        using var activity = OptOutTelemetry.Source.StartActivity("optout.acknowledge", ActivityKind.Consumer, parent);
        activity?.SetTag("optout.outcome", WireNames.Of(word.Claim.Word!.Outcome));
        activity?.SetTag("optout.system", word.Claim.System!.Name);
    }

    [LoggerMessage(340, LogLevel.Warning, "Acknowledgement from {System} refused: {Code} ({Source})")]
    private partial void LogRejected(string? system, string code, string source);

    [LoggerMessage(341, LogLevel.Information, "Acknowledgements taken again after a deadlock, attempt {Attempt}")]
    private partial void LogAgain(int attempt);
}
