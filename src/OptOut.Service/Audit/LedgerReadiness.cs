using Npgsql;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit;

/// <summary>
/// Leaves can be written: without them no act may happen. Whatever is wrong behind that, sequencing and publishing,
/// is said and stops no stop.
/// </summary>
internal sealed class LedgerReadiness(
    Databases databases, LedgerKeys keys, LedgerStatus status, LedgerStanding standing, TimeProvider clock) : IReadinessCheck
{
    /// <summary>A leaf that waits longer means that nobody sequences.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    // The id of an entry is a UUIDv7, made with the act: its first 48 bits are the leaf's age.
    private const string Look =
        """
        SELECT has_table_privilege('ledger.pending', 'INSERT') AND has_table_privilege('ledger.opening', 'INSERT'),
            (SELECT entry_id FROM ledger.pending ORDER BY pending_id LIMIT 1)
        """;

    public string Name => "ledger";

    public async ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = databases.Main.CreateCommand(Look);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (!reader.GetBoolean(0))
                return ReadinessResult.Failed("This login may not write leaves.");
            if (status.Incident is { } incident)
                return ReadinessResult.Degraded($"Ledger incident {incident}: nothing is sequenced or published.");
            if (standing.Doubt is { } doubt)
                return ReadinessResult.Degraded($"Not provably current ({doubt}): checks are answered unknown.");
            if (!keys.CanSign)
                return ReadinessResult.Degraded("OptOut__LedgerKeyFile is not set: leaves wait.");
            return !reader.IsDBNull(1) && clock.GetUtcNow() - MadeAt(reader.GetGuid(1)) > MaxWait
                ? ReadinessResult.Degraded("Leaves wait longer than 5 s to be sequenced.")
                : ReadinessResult.Ok();
        }
        catch (NpgsqlException)
        {
            return ReadinessResult.Failed("The database does not answer.");
        }
    }

    private static DateTimeOffset MadeAt(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = 0L;
        foreach (var part in bytes[..6])
            milliseconds = (milliseconds << 8) | part;
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
