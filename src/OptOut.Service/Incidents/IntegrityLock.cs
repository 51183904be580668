using Npgsql;

namespace OptOut.Service.Incidents;

/// <summary>
/// Whether an open incident has locked what lowers protection: then it needs two people. Asked in the act's own
/// transaction, so that no act slips past a lock that was set before it.
/// </summary>
internal static class IntegrityLock
{
    private const string IsOn =
        "SELECT EXISTS (SELECT FROM optout.incident WHERE closed_at IS NULL AND integrity_lock)";

    public static async Task<bool> IsOnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(IsOn, connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
