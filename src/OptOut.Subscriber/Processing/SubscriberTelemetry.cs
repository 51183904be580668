using System.Diagnostics;
using System.Diagnostics.Metrics;
using OptOut.Contracts;

namespace OptOut.Subscriber.Processing;

/// <summary>Traces and metrics under the name <c>OptOut.Subscriber</c>. No identifier is ever a tag.</summary>
internal static class SubscriberTelemetry
{
    internal const string Name = "OptOut.Subscriber";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "optout.subscriber.deliveries", "{delivery}", "Deliveries settled, by outcome.");

    private static readonly Counter<long> Unreadable = Meter.CreateCounter<long>(
        "optout.subscriber.unreadable", "{message}", "Messages that were no genuine event, by cause.");

    internal static Activity? StartHandling(OptOutEvent told)
    {
        var activity = ActivityContext.TryParse(told.TraceParent, null, isRemote: true, out var parent)
            ? Source.StartActivity("optout handle", ActivityKind.Consumer, parent)
            : Source.StartActivity("optout handle", ActivityKind.Consumer);
        activity?.SetTag("optout.id", told.Data.OptOutId);
        activity?.SetTag("optout.version", told.Data.Version);
        return activity;
    }

    internal static void Settled(AcknowledgementOutcome outcome) =>
        Deliveries.Add(1, new KeyValuePair<string, object?>("outcome", WireNames.Of(outcome)));

    internal static void Unread(string cause) =>
        Unreadable.Add(1, new KeyValuePair<string, object?>("cause", cause));
}
