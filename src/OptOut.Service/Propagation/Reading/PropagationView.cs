using System.Text.Json.Serialization;
using OptOut.Contracts;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Reading;

/// <summary>Per system: what was told, when, and what was done.</summary>
/// <param name="State"><c>pending</c>, <c>partial</c>, <c>complete</c> or <c>failed</c>, over the systems.</param>
/// <param name="Overdue">True where a delivery is open past its objective.</param>
public sealed record PropagationView(
    string OptOutId, int Version, string State, bool Overdue, IReadOnlyList<DeliveryView> Systems);

/// <summary>One version for one system.</summary>
/// <param name="State">See docs/lifecycle.md.</param>
/// <param name="Overdue">Open past <paramref name="ApplyBy"/>.</param>
/// <param name="SentAt">When the broker or the receiver first took it.</param>
/// <param name="AppliedAt">When the system's word that it applied it was taken, by our clock.</param>
/// <param name="LagMs">From the record to the closing word, in milliseconds; null while open.</param>
/// <param name="Reason">Why it is in this state, where nobody's word is: <c>no_identifier</c>, <c>newer_version</c>.</param>
public sealed record DeliveryView(
    string System,
    string DeliveryId,
    string OptOutId,
    int Version,
    string State,
    bool Overdue,
    int Attempts,
    DateTimeOffset RecordedAt,
    DateTimeOffset ApplyBy,
    DateTimeOffset? SentAt,
    DateTimeOffset? ReceivedAt,
    DateTimeOffset? AppliedAt,
    DateTimeOffset? ClosedAt,
    DateTimeOffset? NextAttemptAt,
    long? LagMs,
    string? Reason,
    AcknowledgementView? Acknowledgement);

/// <summary>The system's signed word.</summary>
public sealed record AcknowledgementView(
    string Id,
    string Outcome,
    DateTimeOffset? AppliedAt,
    DateTimeOffset ReceivedAt,
    string Source,
    IReadOnlyList<AcknowledgementAction> Actions,
    string? Reason);

/// <summary>A delivery with each of its tries.</summary>
public sealed record DeliveryDetail(DeliveryView Delivery, IReadOnlyList<AttemptView> AttemptHistory);

/// <summary>One try: when, and how it ended.</summary>
public sealed record AttemptView(
    int Number, DateTimeOffset StartedAt, DateTimeOffset EndedAt, long LatencyMs, string Outcome, int? StatusCode, string Worker);

[JsonSerializable(typeof(PropagationView))]
[JsonSerializable(typeof(DeliveryDetail))]
[JsonSerializable(typeof(ListAnswer<DeliveryView>))]
internal sealed partial class ReadingJson : JsonSerializerContext
{
    public static ReadingJson Strict { get; } = new(OptOutJson.NewOptions());
}
