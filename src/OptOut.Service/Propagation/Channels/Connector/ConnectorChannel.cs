using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector;

/// <summary>
/// Asks vendors in their own language, as a definition has it, and reads their answers. A 2xx that no rule understands
/// is only a 2xx.
/// </summary>
internal sealed class ConnectorChannel(
    ConnectorCatalogue catalogue, SecretReferences references, VendorCaller caller, FindStandingStops standing, TimeProvider clock)
    : ICalledChannel
{
    public string Type => ChannelTypes.Connector;

    public int BatchSize => 1;

    public async ValueTask<AttemptResult[]> SendAsync(
        IReadOnlyList<OutgoingDelivery> batch, CancellationToken cancellationToken)
    {
        var results = new AttemptResult[batch.Count];
        for (var index = 0; index < results.Length; index++)
            results[index] = await SendAsync(batch[index], cancellationToken);
        return results;
    }

    /// <summary>Whether the vendor still holds a stop that it has applied; null where its definition cannot ask.</summary>
    public async Task<ReadBackResult?> ReadBackAsync(OutgoingDelivery delivery, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        using var evidence = new VendorEvidence();
        // What is missing now may be back tomorrow: that is no answer, and no reason never to ask.
        if (TargetOf(delivery) is not { } target)
            return ReadBackResult.Nothing(startedAt);
        if (target.Definition.ReadBack is not { } readBack
            || await PlanAsync(target, delivery, cancellationToken) is not VendorPlan.Calls plan)
            return null;
        var verdict = ReadBackVerdict.Present;
        int? status = null;
        foreach (var facts in plan.Each)
        {
            var answer = await CallAsync(target, readBack.Request, facts, cancellationToken);
            if (answer.Outcome == AttemptOutcome.Interrupted)
                return null;
            evidence.Add(answer);
            status = answer.Status;
            var found = answer.Read(readBack.Outcomes, target.Values(facts))?.Is ?? ReadBackVerdict.Unknown;
            // One call that finds nothing is enough to ask again; one that finds out nothing decides nothing.
            verdict = found == ReadBackVerdict.Absent || verdict == ReadBackVerdict.Absent ? ReadBackVerdict.Absent
                : found == ReadBackVerdict.Unknown ? found : verdict;
        }

        return new ReadBackResult(verdict, startedAt, clock.GetUtcNow(), status, evidence.Hash());
    }

    private async Task<AttemptResult> SendAsync(OutgoingDelivery delivery, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        if (TargetOf(delivery) is not { } target)
            return new AttemptResult(AttemptOutcome.Misconfigured, startedAt, clock.GetUtcNow());
        try
        {
            using var evidence = new VendorEvidence();
            return await PlanAsync(target, delivery, cancellationToken) switch
            {
                VendorPlan.Answered answered => Answered(answered, evidence, startedAt),
                VendorPlan.Calls plan => await CallEachAsync(target, plan, evidence, startedAt, cancellationToken),
                _ => throw new InvalidOperationException("A plan is calls or a word."),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new AttemptResult(AttemptOutcome.Interrupted, startedAt, clock.GetUtcNow());
        }
    }

    private async Task<AttemptResult> CallEachAsync(
        VendorTarget target, VendorPlan.Calls plan, VendorEvidence evidence, DateTimeOffset startedAt,
        CancellationToken cancellationToken)
    {
        var read = new List<OutcomeRule<AcknowledgementOutcome>?>(plan.Each.Count);
        VendorAnswer? last = null;
        foreach (var facts in plan.Each)
        {
            last = await CallAsync(target, plan.Call.Request, facts, cancellationToken);
            evidence.Add(last);
            var rule = last.Read(plan.Call.Outcomes, target.Values(facts));
            // What failed is tried again as a whole: a vendor takes the same stop twice without harm.
            if (rule is null && last.Outcome != AttemptOutcome.Sent)
                return new AttemptResult(last.Outcome, startedAt, clock.GetUtcNow(), last.Status, last.RetryAfter);
            read.Add(rule);
            if (rule?.Is == AcknowledgementOutcome.Failed)
                break;
        }

        var stopped = plan.Each[0].Data.State == OptOutState.OptedOut;
        var word = VendorWord.Of(read, target.Definition, stopped, evidence.Hash());
        return new AttemptResult(
            word?.Outcome == AcknowledgementOutcome.Failed ? AttemptOutcome.BadStatus : AttemptOutcome.Sent,
            startedAt, clock.GetUtcNow(), last?.Status, last?.RetryAfter, Word: word);
    }

    private async Task<VendorAnswer> CallAsync(
        VendorTarget target, VendorRequest request, CallFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            return await caller.CallAsync(target, request, facts, cancellationToken);
        }
        catch (Exception exception) when (exception is TemplateException or UriFormatException)
        {
            return VendorAnswer.Without(AttemptOutcome.Misconfigured);
        }
    }

    private AttemptResult Answered(VendorPlan.Answered answered, VendorEvidence evidence, DateTimeOffset startedAt) =>
        new(AttemptOutcome.Sent, startedAt, clock.GetUtcNow(),
            Word: new VendorWord(answered.Outcome, evidence.Hash(), [], answered.Reason, null));

    private VendorTarget? TargetOf(OutgoingDelivery delivery) => delivery.Target.System is { } system
        ? VendorTarget.Find(system.Id, system.Channel, catalogue, references)
        : null;

    private async Task<VendorPlan> PlanAsync(
        VendorTarget target, OutgoingDelivery delivery, CancellationToken cancellationToken)
    {
        var data = OptOutEvent.TryParse(delivery.Body.Span)?.Data
            ?? throw new InvalidOperationException("An event of ours cannot be read.");
        var stops = data.State == OptOutState.OptedOut || target.Definition.Lift is null
            ? []
            : await standing(data.SubjectId, cancellationToken);
        return VendorPlan.Of(target.Definition, delivery.Target.System!, data, stops);
    }
}

/// <summary>What a read-back found, and the hash of what the vendor said.</summary>
internal sealed record ReadBackResult(
    ReadBackVerdict Verdict, DateTimeOffset StartedAt, DateTimeOffset EndedAt, int? StatusCode, byte[] EvidenceHash)
{
    /// <summary>Nobody could be asked.</summary>
    public static ReadBackResult Nothing(DateTimeOffset now) =>
        new(ReadBackVerdict.Unknown, now, now, null, SHA256.HashData([]));
}

/// <summary>SHA-256 over each answer of a try: its status in decimal, a line feed, its body, a line feed.</summary>
internal sealed class VendorEvidence : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(VendorAnswer answer)
    {
        _hash.AppendData(Encoding.ASCII.GetBytes((answer.Status ?? 0).ToString(CultureInfo.InvariantCulture) + "\n"));
        _hash.AppendData(answer.Body);
        _hash.AppendData("\n"u8);
    }

    public byte[] Hash() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();
}
