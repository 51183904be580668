using System.Buffers;
using OptOut.Contracts;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Subjects;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>Builds events: each system gets the identifiers that its contract names, in the form it names, and no other.</summary>
internal sealed partial class EventBuilder(
    IdentifierReader identifiers, EventSource source, TimeProvider clock, ILogger<EventBuilder> logger)
{
    /// <summary>
    /// One event for each delivery whose person can be read, in order. What cannot be decrypted is unknown, and unknown
    /// is not "no identifiers": such a delivery stays open, and the others go.
    /// </summary>
    public async Task<BuiltEvents> BuildAsync(
        IReadOnlyList<ClaimedDelivery> deliveries, CancellationToken cancellationToken)
    {
        var known = await identifiers.ReadAsync(
            deliveries.Select(d => d.SurvivorId).ToHashSet(), cancellationToken);
        var now = clock.GetUtcNow();
        var readable = deliveries.Where(d => !known.Unreadable.Contains(d.SurvivorId)).ToList();
        var unreadable = deliveries.Where(d => known.Unreadable.Contains(d.SurvivorId)).ToList();
        foreach (var delivery in unreadable)
            LogUnreadable(PublicId.Format(PublicId.Delivery, delivery.DeliveryId));
        return new BuiltEvents(
            readable, readable.ConvertAll(delivery => Build(delivery, known.BySurvivor[delivery.SurvivorId], now)), unreadable);
    }

    private OutgoingDelivery Build(ClaimedDelivery delivery, IEnumerable<KnownIdentifier> known, DateTimeOffset now)
    {
        var secrets = delivery.System.SecretsAt(now);
        var deliveryId = PublicId.Format(PublicId.Delivery, delivery.DeliveryId);
        var optOutId = PublicId.Format(PublicId.OptOut, delivery.OptOutId);
        var stop = delivery.RecordState == Recording.RecordState.OptedOut;
        var cloudEvent = new OptOutEvent
        {
            Id = deliveryId,
            Source = source.Value,
            Type = delivery.IsErasure ? EventTypes.Erased : stop ? EventTypes.Recorded : EventTypes.Reversed,
            Subject = optOutId,
            Time = delivery.RecordedAt,
            Sequence = OptOutEvent.SequenceOf(delivery.Version),
            PartitionKey = PublicId.Format(PublicId.Subject, delivery.SurvivorId),
            DataSchema = source.DataSchema,
            TraceParent = delivery.TraceParent,
            Data = new OptOutEventData
            {
                DeliveryId = deliveryId,
                OptOutId = optOutId,
                Version = delivery.Version,
                RecordHash = Convert.ToBase64String(delivery.RecordHash),
                State = stop ? OptOutState.OptedOut : OptOutState.OptedIn,
                SubjectId = PublicId.Format(PublicId.Subject, delivery.SurvivorId),
                Scope = new OptOutScope { Purpose = delivery.Scope.Purpose, Channel = delivery.Scope.Channel },
                Identifiers = Minimised(delivery.System.Contract, known, secrets[0]),
                RecordedAt = delivery.RecordedAt,
                EffectiveFrom = delivery.EffectiveFrom,
                ApplyBy = delivery.ApplyBy,
                Synthetic = delivery.Synthetic,
            },
        };
        var body = new ArrayBufferWriter<byte>(1_536);
        cloudEvent.WriteTo(body);
        var channel = delivery.System.Channel;
        return new OutgoingDelivery(delivery.DeliveryId, delivery.OptOutId, delivery.Version,
            new DeliveryTarget(delivery.System.Id, delivery.System.Name, channel.Type,
                channel.Url is null ? null : new Uri(channel.Url), secrets, delivery.System),
            body.WrittenMemory, cloudEvent.Type, delivery.RecordedAt, delivery.TraceParent);
    }

    private static List<EventIdentifier> Minimised(
        SystemContract contract, IEnumerable<KnownIdentifier> known, WebhookSecret secret)
    {
        var named = contract.Identifiers.ToLookup(i => i.Type, i => i.Form, StringComparer.Ordinal);
        return [.. known.SelectMany(identifier =>
            named[identifier.Type].Select(form => InForm(identifier, form, secret)))];
    }

    private static EventIdentifier InForm(KnownIdentifier identifier, string form, WebhookSecret secret)
    {
        switch (form)
        {
            case "plain":
                return Of(identifier.Type, IdentifierForm.Plain, identifier.Value, null);
            case "sha256":
                return Of(identifier.Type, IdentifierForm.Sha256, IdentifierForms.Sha256(identifier.Value), null);
            case "hmac":
                var key = IdentifierForms.DeriveKey(secret);
                return Of(identifier.Type, IdentifierForm.Hmac, IdentifierForms.Hmac(key, identifier.Value),
                    IdentifierForms.KeyId(key));
            default:
                throw new InvalidOperationException("The registry let an unknown identifier form in.");
        }
    }

    private static EventIdentifier Of(string type, IdentifierForm form, string value, string? kid) =>
        new() { Type = type, Form = form, Value = value, Kid = kid };

    [LoggerMessage(325, LogLevel.Error, "The identifiers for delivery {DeliveryId} cannot be decrypted; it waits")]
    private partial void LogUnreadable(string deliveryId);
}

/// <summary>Events ready to go, beside the deliveries they are for, and the deliveries that cannot be built now.</summary>
internal sealed record BuiltEvents(
    List<ClaimedDelivery> Deliveries, List<OutgoingDelivery> Outgoing, List<ClaimedDelivery> Unreadable);

/// <summary>What events say about where they come from.</summary>
/// <param name="Value">The CloudEvents source; with the id it is the duplicate key.</param>
/// <param name="DataSchema">Where the schema of the data is served.</param>
internal sealed record EventSource(string Value, string DataSchema);
