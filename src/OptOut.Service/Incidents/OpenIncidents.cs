using Npgsql;

namespace OptOut.Service.Incidents;

/// <summary>Whether people are on something: then the watch is tighter.</summary>
internal static class OpenIncidents
{
    private const string Any = "SELECT EXISTS (SELECT FROM optout.incident WHERE closed_at IS NULL)";

    public static async Task<bool> AnyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Any, connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
