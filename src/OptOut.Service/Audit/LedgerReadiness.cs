using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit;

/// <summary>Leaves can be written: without them no act may happen.</summary>
internal sealed class LedgerReadiness(Databases databases) : IReadinessCheck
{
    public string Name => "ledger";

    public async ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = databases.Main.CreateCommand(
                "SELECT has_table_privilege('ledger.pending', 'INSERT') AND has_table_privilege('ledger.opening', 'INSERT')");
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!
                ? ReadinessResult.Ok()
                : ReadinessResult.Failed("This login may not write leaves.");
        }
        catch (NpgsqlException)
        {
            return ReadinessResult.Failed("The database does not answer.");
        }
    }
}
