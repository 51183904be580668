using Npgsql;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Platform.Database;

/// <summary>Both databases answer and take writes; without them no stop can be recorded.</summary>
internal sealed class DatabaseReadiness(Databases databases) : IReadinessCheck
{
    public string Name => "database";

    public async ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await IsWritableAsync(databases.Main, cancellationToken)
                && await IsWritableAsync(databases.Keys, cancellationToken)
                    ? ReadinessResult.Ok()
                    : ReadinessResult.Failed("A database is read-only.");
        }
        catch (NpgsqlException)
        {
            return ReadinessResult.Failed("A database does not answer.");
        }
    }

    private static async Task<bool> IsWritableAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT NOT pg_is_in_recovery()");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
