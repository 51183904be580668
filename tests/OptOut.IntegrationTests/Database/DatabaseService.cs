using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Database;

/// <summary>One installation with a row in every table of evidence.</summary>
public sealed class DatabaseService(Servers servers) : IAsyncLifetime
{
    private RunningService? _running;

    public RunningService Service => _running ?? throw new InvalidOperationException("The fixture has not started.");

    public async ValueTask InitializeAsync()
    {
        _running = await RunningService.StartAsync(servers);
        await Service.AddSystemAsync("mailer", "marketing", "email");
        await Service.StopEmailAsync(Stops.NewEmail());
        await Running.UntilAsync(async () => await Service.ScalarAsync<long>("SELECT count(*) FROM ledger.checkpoint") > 0,
            "No checkpoint was published.");
        // What only a working broker would bring.
        await Service.RunAsync(
            """
            INSERT INTO optout.attempt (delivery_id, number, started_at, ended_at, outcome, worker)
            SELECT delivery_id, 1000, now(), now(), 'sent', 'test' FROM optout.delivery LIMIT 1;
            INSERT INTO optout.acknowledgement (acknowledgement_id, delivery_id, system_id, outcome, actions, source,
                message_id, body_hash, received_at, ledger_entry_id)
            SELECT gen_random_uuid(), delivery_id, system_id, 'applied', '[]', 'http', 'm', sha256('x'), now(),
                gen_random_uuid() FROM optout.delivery LIMIT 1;
            INSERT INTO optout.rejected_acknowledgement (rejected_id, code, source, body_hash, received_at)
            VALUES (gen_random_uuid(), 'forged', 'http', sha256('x'), now());
            INSERT INTO optout.rejected_acknowledgement_count (system_id, hour, code, source, rejected)
            VALUES (0, date_trunc('hour', now()), 'forged', 'http', 1);
            INSERT INTO optout.reaffirmation (opt_out_id, reaffirmed_by)
            SELECT opt_out_id, 'key:0123456789abcdef' FROM optout.delivery LIMIT 1;
            INSERT INTO ledger.cosignature (size, witness, line, cosigned_at) VALUES (1, 'w', 'l', now());
            INSERT INTO optout.report (report_id, period_from, period_to, content, content_hash, generated_by, generated_at,
                ledger_entry_id)
            VALUES (gen_random_uuid(), now() - interval '1 day', now(), '{}', sha256('{}'), 'test', now(), gen_random_uuid());
            INSERT INTO ledger.tile (level, tile_index, root) VALUES (7, 0, sha256('x'));
            INSERT INTO optout.decision (decision_id, opt_out_id, version, purpose, channel, outcome, mode, at,
                effective_from, recorded_at, asked_by, ledger_entry_id, place)
            SELECT gen_random_uuid(), opt_out_id, version, purpose, channel, 'blocked', 'check', now(), now(), now(),
                'test', gen_random_uuid(), 0 FROM optout.opt_out_version LIMIT 1;
            INSERT INTO optout.read_back_answer (answer_id, delivery_id, started_at, ended_at, verdict, evidence_hash, worker)
            VALUES (gen_random_uuid(), gen_random_uuid(), now(), now(), 'unknown', sha256('x'), 'test');
            INSERT INTO optout.resend (ledger_entry_id, delivery_id, requested_by, requested_at)
            VALUES (gen_random_uuid(), gen_random_uuid(), 'test', now());
            INSERT INTO optout.reconciliation (reconciliation_id, system_id, asked_by, complete, started_at, finished_at,
                lines, stopped, unreadable, reopened, list_digest, ledger_entry_id)
            VALUES (gen_random_uuid(), 1, 'test', true, now(), now(), 0, 0, 0, 0, sha256('x'), gen_random_uuid());
            INSERT INTO optout.import_job (import_id, state, format, dry_run, settings, caller, requested_by,
                idempotency_key, requested_at)
            VALUES (gen_random_uuid(), 'running', 'ndjson', false, '{}', 'test', 'test', 'k', now());
            """);
    }

    /// <summary>Runs a statement under one of the logins; null, or the SQLSTATE of the refusal.</summary>
    public async Task<string?> TryAsync(string login, string sql)
    {
        var connectionString = login switch
        {
            "service" => Service.Databases.Service,
            "owner" => Service.Databases.Owner,
            "superuser" => Service.Databases.Admin,
            "keys service" => Service.Databases.KeysService,
            _ => throw new ArgumentException("No such login.", nameof(login)),
        };
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        try
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            var rows = await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return rows == 0 ? "no row was there to try it on" : null;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }

    public ValueTask DisposeAsync() => _running?.DisposeAsync() ?? ValueTask.CompletedTask;
}

[CollectionDefinition(Name)]
public sealed class DatabaseCollection : ICollectionFixture<DatabaseService>
{
    public const string Name = "database";
}
