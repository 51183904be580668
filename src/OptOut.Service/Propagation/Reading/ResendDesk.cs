using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Subjects;

namespace OptOut.Service.Propagation.Reading;

/// <summary>Makes an open delivery due because an operator asks; the row that says who, and its leaf, commit with it.</summary>
internal sealed class ResendDesk(Databases databases, SubjectKeys keys, TimeProvider clock)
{
    /// <summary>
    /// Back to retrying, so that a confirmed message is published again without a look at its queue. The count of
    /// questions tells a call that is in flight now that its outcome decides nothing about the next try.
    /// </summary>
    private const string MakeDue =
        """
        WITH asked AS (
            UPDATE optout.delivery SET state = 'retrying', next_attempt_at = now(), asked = asked + 1
            WHERE delivery_id = $1 AND closed_at IS NULL RETURNING delivery_id, opt_out_id, version, system_id),
        due AS (
            UPDATE optout.open_delivery o SET due_at = now() FROM asked WHERE o.delivery_id = asked.delivery_id)
        SELECT a.version, y.name, s.survivor_id FROM asked a
        JOIN optout.system y ON y.system_id = a.system_id
        JOIN optout.opt_out_version v ON v.opt_out_id = a.opt_out_id AND v.version = a.version
        JOIN optout.subject s ON s.subject_id = v.subject_id
        """;

    private const string Insert =
        "INSERT INTO optout.resend (ledger_entry_id, delivery_id, requested_by, requested_at) VALUES ($1, $2, $3, $4)";

    /// <summary>False where nothing is open under this id.</summary>
    public async Task<bool> AskAsync(Guid deliveryId, string actor, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        LedgerFacts facts;
        Guid survivorId;
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        await using (var command = new NpgsqlCommand(MakeDue, connection, transaction))
        {
            command.Parameters.Add(Sql.Value(deliveryId));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return false;
            facts = new LedgerFacts(LedgerKinds.Resent, deliveryId, reader.GetInt32(0), actor, now, reader.GetString(1));
            survivorId = reader.GetGuid(2);
        }

        var opened = await keys.LoadAsync([survivorId], cancellationToken);
        var payload = CanonicalJson.ToBytes(new CanonicalObject
        {
            { "actor", actor },
            { "deliveryId", PublicId.Format(PublicId.Delivery, deliveryId) },
            { "type", "optout.resent/1" },
        });
        var leaf = LedgerEntry.ForSubject(
            Guid.CreateVersion7(now), facts, payload, survivorId, opened.GetValueOrDefault(survivorId));
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Sql.Command(
            Insert, Sql.Value(leaf.Id), Sql.Value(deliveryId), Sql.Value(actor), Sql.Value(now)));
        LedgerPending.AddTo(batch, [leaf]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
