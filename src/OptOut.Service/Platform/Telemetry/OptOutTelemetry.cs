using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>
/// The service's own spans and measurements. Labels take only words from closed sets (<see cref="Label"/>): a value that
/// comes from outside can neither leak through a metric nor multiply its series.
/// </summary>
internal static class OptOutTelemetry
{
    public const string Name = "OptOut";

    public static ActivitySource Source { get; } = new(Name);

    public static Meter Meter { get; } = new(Name);

    private static readonly Counter<long> Records = Meter.CreateCounter<long>(
        "optout.records", "{record}", "Opt-out requests decided, by method, purpose and result.");

    private static readonly Histogram<long> BatchSizes = Meter.CreateHistogram<long>(
        "optout.request.batch_size", "{record}", "Requests that one commit took together.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] });

    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "optout.deliveries", "{attempt}", "Tries to deliver, by channel and outcome.");

    private static readonly Histogram<double> DeliveryLags = Meter.CreateHistogram<double>(
        "optout.delivery.lag", "s", "Time from the record to the system's word that it applied it.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600, 86400] });

    private static readonly Counter<long> Acknowledgements = Meter.CreateCounter<long>(
        "optout.acknowledgements", "{acknowledgement}", "Acknowledgements taken, by outcome and source.");

    private static readonly Counter<long> RejectedAcknowledgements = Meter.CreateCounter<long>(
        "optout.acknowledgements.rejected", "{acknowledgement}", "Acknowledgements that changed nothing, by code.");

    private static readonly Counter<long> Answers = Meter.CreateCounter<long>(
        "optout.answers", "{answer}", "Questions answered, by way of asking and answer.");

    private static readonly Counter<long> RefusedQuestions = Meter.CreateCounter<long>(
        "optout.questions.refused", "{request}", "Requests refused because their key has asked too much.");

    private static readonly Counter<long> FeedChanges = Meter.CreateCounter<long>(
        "optout.feed.changes", "{change}", "Versions told to the streams of gates.");

    private static readonly Counter<long> AuthFailures = Meter.CreateCounter<long>(
        "optout.auth.failures", "{failure}", "Credentials refused, by reason.");

    private static readonly Counter<long> Alerts = Meter.CreateCounter<long>(
        "optout.alerts", "{alert}", "Alerts that a channel took or did not take, by channel and code.");

    private static volatile IReadOnlyList<OpenFindings> _findings = [];

    private static readonly ObservableGauge<long> Findings = Meter.CreateObservableGauge(
        "optout.findings.open",
        () => _findings.Select(f => new Measurement<long>(
            f.Count, Label.Configured(Label.Code, f.Kind), Label.Of(Label.Severity, f.Severity))),
        "{finding}",
        "Findings that are not cured, by kind and severity.");

    public static void Alerted(string channel, string code) =>
        Alerts.Add(1, Label.Configured(Label.Queue, channel), Label.Configured(Label.Code, code));

    /// <summary>What is open now, for the next export.</summary>
    public static void FindingsOpen(IReadOnlyList<OpenFindings> open) => _findings = open;

    /// <summary>One request was decided. The purpose is a configured name, never free text.</summary>
    public static void Recorded(string method, string purpose, string result) => Records.Add(1,
        Label.Of(Label.Method, method), Label.Configured(Label.Purpose, purpose), Label.Of(Label.Result, result));

    public static void BatchSize(int records) => BatchSizes.Record(records);

    public static void Delivered(string channel, string outcome) =>
        Deliveries.Add(1, Label.Of(Label.Channel, channel), Label.Of(Label.Outcome, outcome));

    public static void DeliveryLag(TimeSpan lag, string channel) =>
        DeliveryLags.Record(lag.TotalSeconds, Label.Of(Label.Channel, channel));

    public static void Acknowledged(string outcome, string source) =>
        Acknowledgements.Add(1, Label.Of(Label.Outcome, outcome), Label.Of(Label.Source, source));

    public static void AcknowledgementRejected(string code) =>
        RejectedAcknowledgements.Add(1, Label.Configured(Label.Code, code));

    /// <summary>So many questions got this answer: stop, go or unknown.</summary>
    public static void Answered(string mode, string answer, int count)
    {
        if (count > 0)
            Answers.Add(count, Label.Of(Label.Mode, mode), Label.Of(Label.Answer, answer));
    }

    public static void QuestionsRefused() => RefusedQuestions.Add(1);

    public static void FedChanges(int count) => FeedChanges.Add(count);

    public static void AuthFailed(string reason) => AuthFailures.Add(1, Label.Of(Label.Reason, reason));

    /// <summary>Publishes how much waits in one of the bounded queues of this process.</summary>
    /// <param name="queue">The queue's name, a constant of the program.</param>
    /// <param name="open">Reads the length; called by the exporter's thread.</param>
    public static void ObserveQueue(string queue, Func<long> open) => Meter.CreateObservableGauge(
        "optout.queue.open",
        () => new Measurement<long>(open(), Label.Configured(Label.Queue, queue)),
        "{item}",
        "Items that wait in a queue of this process.");
}

/// <summary>How many findings of one kind and severity are open.</summary>
internal sealed record OpenFindings(string Kind, string Severity, long Count);
