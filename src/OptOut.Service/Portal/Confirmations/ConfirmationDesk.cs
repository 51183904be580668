using System.Security.Cryptography;
using OptOut.Contracts;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Systems;

namespace OptOut.Service.Portal.Confirmations;

/// <summary>What a confirmation page is about: no word of the person.</summary>
internal sealed record ConfirmedDelivery(
    Guid DeliveryId, Guid OptOutId, int Version, byte[] RecordHash, string State, bool IsOpen, bool IsOutdated, DownstreamSystem System);

/// <summary>Reads deliveries that people at vendors confirm, and records what they say.</summary>
internal sealed class ConfirmationDesk(Databases databases, SystemDirectory systems, AcknowledgementRecorder recorder, TimeProvider clock)
{
    private const string Find =
        """
        SELECT d.opt_out_id, d.version, v.record_hash, d.state, d.closed_at IS NULL, d.system_id,
            EXISTS (SELECT FROM optout.delivery n WHERE n.opt_out_id = d.opt_out_id AND n.system_id = d.system_id
                AND n.version > d.version)
        FROM optout.delivery d JOIN optout.opt_out_version v ON v.opt_out_id = d.opt_out_id AND v.version = d.version
        WHERE d.delivery_id = $1
        """;

    /// <summary>Null where nothing of this id is confirmed by link.</summary>
    public async Task<ConfirmedDelivery?> FindAsync(Guid deliveryId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Find);
        command.Parameters.Add(Sql.Value(deliveryId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var known = await systems.RecentAsync(cancellationToken);
        return known.ById.GetValueOrDefault(reader.GetInt32(5)) is { Channel.Type: ChannelTypes.Smtp } system
            ? new ConfirmedDelivery(deliveryId, reader.GetGuid(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2),
                reader.GetString(3), reader.GetBoolean(4), reader.GetBoolean(6), system)
            : null;
    }

    /// <summary>True where it was taken; a repeat, or a word about what is closed or overtaken, changes nothing.</summary>
    /// <param name="body">The form as it was sent: its hash is the evidence.</param>
    public async Task<bool> ConfirmAsync(
        ConfirmedDelivery delivery, AcknowledgementOutcome outcome, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var deliveryId = PublicId.Format(PublicId.Delivery, delivery.DeliveryId);
        var claim = new AcknowledgementClaim
        {
            Source = AcknowledgementSources.ConfirmationLink,
            BodyHash = SHA256.HashData(body.Span),
            System = delivery.System,
            MessageId = deliveryId + "_confirmed",
            Word = new Acknowledgement
            {
                DeliveryId = deliveryId,
                OptOutId = PublicId.Format(PublicId.OptOut, delivery.OptOutId),
                Version = delivery.Version,
                RecordHash = Convert.ToBase64String(delivery.RecordHash),
                Outcome = outcome,
                AppliedAt = outcome == AcknowledgementOutcome.Applied ? clock.GetUtcNow() : null,
                Reason = outcome == AcknowledgementOutcome.Refused ? "refused by a person at the vendor" : null,
            },
        };
        return (await recorder.StoreAsync([claim], cancellationToken))[0].IsAccepted;
    }
}
