using System.Security.Cryptography;
using Npgsql;
using OptOut.IntegrationTests.Audit;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Database;

/// <summary>Each duty has a login of its own, which can do that duty and nothing else; triggers hold whoever can do more.</summary>
public sealed class SeparationTests(Servers servers) : IAsyncLifetime
{
    private static readonly string[] Tables =
    [
        "ledger.checkpoint", "ledger.cosignature", "ledger.entry", "ledger.head", "ledger.opening", "ledger.pending",
        "ledger.recovery", "ledger.tile", "optout.acknowledgement", "optout.erasure", "optout.identifier",
        "optout.opt_out_version", "optout.subject",
    ];

    private readonly string suffix = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private readonly string directory = LedgerRig.NewLedgerDirectory();
    private TestDatabases databases = null!;
    private RunningService service = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Sequencer => $"t_sequencer_{suffix}";

    private string Eraser => $"t_eraser_{suffix}";

    private string Auditor => $"t_auditor_{suffix}";

    public async ValueTask InitializeAsync()
    {
        databases = await servers.CreateDatabaseAsync();
        await MakeAsync(Sequencer, "");
        await MakeAsync(Eraser, "");
        await MakeAsync(Auditor, "IN ROLE pg_read_all_data");
        service = await RunningService.StartAsync(databases,
            $"--OptOut:LedgerDirectory={directory}", $"--ConnectionStrings:OptOutSequencer={As(databases.Admin, Sequencer)}",
            $"--ConnectionStrings:OptOutEraser={As(databases.Admin, Eraser)}",
            $"--ConnectionStrings:OptOutKeysEraser={As(databases.Keys, Eraser)}");
    }

    [Fact]
    public async Task A_stop_is_recorded_sequenced_published_and_its_person_erased_each_under_its_own_login()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        await service.WrittenAsync(directory);
        var path = $"/v1/subjects/{stop.Json.Text("subjectId")}/erasure";
        await service.PostAsync(path, "{}", "operator");

        await Running.UntilAsync(async () => (await service.GetAsync(path, "auditor")).Json.Text("state") == "erased", "Not erased.");
        await service.PublishedAsync();
    }

    [Fact]
    public async Task Every_login_may_do_its_duty_in_its_tables_and_nothing_else()
    {
        string[] expected =
        [
            "eraser DELETE ledger.opening", "eraser INSERT ledger.opening", "eraser INSERT ledger.pending",
            "eraser UPDATE optout.erasure",
            "sequencer DELETE ledger.pending", "sequencer INSERT ledger.checkpoint", "sequencer INSERT ledger.entry",
            "sequencer INSERT ledger.tile", "sequencer UPDATE ledger.head",
            "service INSERT ledger.cosignature", "service INSERT ledger.opening", "service INSERT ledger.pending",
            "service INSERT ledger.recovery", "service INSERT optout.acknowledgement", "service INSERT optout.erasure",
            "service INSERT optout.identifier", "service INSERT optout.opt_out_version", "service INSERT optout.subject",
            "service UPDATE ledger.recovery", "service UPDATE optout.subject",
        ];
        (string Duty, string Login)[] logins =
            [("service", "optout_service"), ("sequencer", Sequencer), ("eraser", Eraser), ("auditor", Auditor)];
        List<string> found = [];
        foreach (var (duty, login) in logins)
        {
            foreach (var statement in (string[])["INSERT", "UPDATE", "DELETE", "TRUNCATE"])
            {
                foreach (var table in Tables)
                {
                    if (await service.ScalarAsync<bool>($"SELECT has_table_privilege('{login}', '{table}', '{statement}')"))
                        found.Add($"{duty} {statement} {table}");
                }
            }
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        // Of an identifier the eraser may empty the value, and touch nothing by which the person is found.
        Assert.Equal(["value_ciphertext"], await service.ScalarAsync<string[]>(
            $"""
            SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = 'optout.identifier'::regclass AND attnum > 0
                AND has_column_privilege('{Eraser}', 'optout.identifier', attname::text, 'UPDATE')
            """));
    }

    [Fact]
    public async Task The_auditor_reads_every_piece_of_evidence_and_changes_none()
    {
        await service.StopEmailAsync(Stops.NewEmail());
        await using var auditor = NpgsqlDataSource.Create(As(databases.Admin, Auditor));
        foreach (var table in Tables)
        {
            await using var read = auditor.CreateCommand($"SELECT count(*) FROM {table}");
            Assert.NotNull(await read.ExecuteScalarAsync(Cancel));
            await using var change = auditor.CreateCommand($"DELETE FROM {table}");
            var refused = await Assert.ThrowsAsync<PostgresException>(() => change.ExecuteNonQueryAsync(Cancel));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        LedgerRig.Remove(directory);
    }

    private static string As(string connectionString, string login) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Username = login, Password = login }.ConnectionString;

    private async Task MakeAsync(string role, string more)
    {
        var (main, keys) = (new NpgsqlConnectionStringBuilder(databases.Admin).Database, new NpgsqlConnectionStringBuilder(databases.Keys).Database);
        await using var administrator = NpgsqlDataSource.Create(databases.Admin);
        await using var command = administrator.CreateCommand(
            $"CREATE ROLE {role} LOGIN PASSWORD '{role}' {more}; GRANT CONNECT ON DATABASE {main}, {keys} TO {role}");
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
