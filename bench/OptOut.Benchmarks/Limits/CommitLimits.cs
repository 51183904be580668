using OptOut.Benchmarks.Servers;

namespace OptOut.Benchmarks.Limits;

/// <summary>
/// What commits cost on this machine: a record of an opt-out's size, and the outbox row that a straightforward service
/// writes beside it, in transactions of their own.
/// </summary>
internal static class CommitLimits
{
    public const int Clients = 32;

    private const string Schema =
        """
        DROP SCHEMA IF EXISTS bench CASCADE;
        CREATE SCHEMA bench;
        CREATE TABLE bench.record (id uuid PRIMARY KEY, subject bigint NOT NULL, purpose text NOT NULL,
            recorded_at timestamptz NOT NULL, body text NOT NULL);
        CREATE TABLE bench.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, record_id uuid NOT NULL,
            created_at timestamptz NOT NULL, body text NOT NULL);
        """;

    private const string Record =
        "INSERT INTO bench.record VALUES (gen_random_uuid(), :subject, 'marketing', now(), repeat('r', 300))";

    private const string Outbox =
        "INSERT INTO bench.outbox (record_id, created_at, body) VALUES (gen_random_uuid(), now(), repeat('o', 300))";

    private static readonly Dictionary<string, string[]> Scripts = new()
    {
        [LimitNames.SingleRow] = [Record],
        [LimitNames.TwoRows] = ["BEGIN", Record, Outbox, "COMMIT"],
        [LimitNames.TwoRowsOneTrip] =
        [
            $"WITH r AS ({Record} RETURNING id) INSERT INTO bench.outbox (record_id, created_at, body) " +
            "SELECT id, now(), repeat('o', 300) FROM r",
        ],
        [LimitNames.HundredRows] =
        [
            "INSERT INTO bench.record SELECT gen_random_uuid(), :subject, 'marketing', now(), repeat('r', 300) " +
            "FROM generate_series(1, 100)",
        ],
    };

    /// <returns>Commits a second; for the batches rows a second.</returns>
    public static async Task<double> MeasureAsync(
        BenchServers servers, string limit, TimeSpan span, CancellationToken cancellationToken)
    {
        await servers.Admin.ExecuteAsync(Schema, cancellationToken);
        await servers.SettleAsync(cancellationToken);
        var transactions = await PgBench.RunAsync(servers, Scripts[limit], Clients, span, cancellationToken)
            ?? await NpgsqlLoop.RunAsync(servers, Scripts[limit], Clients, span, cancellationToken);
        return limit == LimitNames.HundredRows ? 100 * transactions : transactions;
    }

    public static Task CleanAsync(BenchServers servers, CancellationToken cancellationToken) =>
        servers.Admin.ExecuteAsync("DROP SCHEMA IF EXISTS bench CASCADE", cancellationToken);
}
