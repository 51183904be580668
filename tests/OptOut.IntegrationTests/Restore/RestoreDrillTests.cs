using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OptOut.IntegrationTests.Audit;
using OptOut.IntegrationTests.Cli;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Service.Audit;
using OptOut.Service.Audit.Checking;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Restore;

/// <summary>The drill of docs/runbooks/restore.md: an older backup is restored, and no choice is lost.</summary>
public sealed class RestoreDrillTests(Servers servers) : IAsyncLifetime
{
    private readonly string directory = LedgerRig.NewLedgerDirectory();
    private RunningService service = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => service = await LedgerRig.StartAsync(servers, directory);

    [Fact]
    public async Task A_stop_an_erasure_and_the_history_survive_the_restore_of_an_older_backup()
    {
        await service.AddSystemAsync("mailer", "marketing", "email");
        var before = await service.StopEmailAsync(Stops.NewEmail());
        var forgotten = await service.StopEmailAsync(Stops.NewEmail());
        await service.WrittenAsync(directory);
        var operatorKey = await service.KeyOfAsync("operator");
        await service.KeyOfAsync("reader");
        await service.KeyOfAsync("auditor");
        var backup = await DumpAsync();

        // After the backup: a stop of somebody new, one more of somebody known, and an erasure.
        var (address, returning) = (Stops.NewEmail(), Stops.NewEmail());
        var after = await service.StopEmailAsync(address);
        var back = await service.StopEmailAsync(returning);
        var path = $"/v1/subjects/{forgotten.Json.Text("subjectId")}/erasure";
        Assert.Equal(202, (await service.PostAsync(path, "{}", "operator")).Status);
        await service.RunAsync("UPDATE optout.erasure SET due_at = now()");
        await Running.UntilAsync(async () => (await service.GetAsync(path, "auditor")).Json.Text("state") == "erased", "Not erased.");
        await service.WrittenAsync(directory);
        var published = await service.CheckpointAsync();
        await service.StopAsync();
        await RestoreAsync(backup);

        await using var second = await service.StartReplicaAsync();
        await service.ShareKeyAsync("operator", second);
        await service.ShareKeyAsync("reader", second);
        await service.ShareKeyAsync("auditor", second);
        Assert.False(Standing(second).IsCurrent);
        Assert.Equal(404, (await second.GetAsync($"/v1/opt-outs/{after.Id}")).Status);
        // Somebody comes back before the recovery, and is given a new id.
        var meanwhile = await second.StopEmailAsync(returning);
        Assert.NotEqual(back.Json.Text("subjectId"), meanwhile.Json.Text("subjectId"));

        var recovered = await CliRun.RunAsync(
            new Dictionary<string, string> { ["OPTOUT_KEY"] = operatorKey },
            "recover", "--url", second.Http.BaseAddress!.ToString(), "--json");

        Assert.True(recovered.ExitCode == 0, recovered.Output + recovered.Error);
        Assert.True(recovered.Json.GetProperty("toSize").GetInt64() >= published.Size);
        await Running.UntilAsync(() => Task.FromResult(Standing(second).IsCurrent), "It does not count as current again.");
        // The stop stands, under its own id, and its system is told again.
        Assert.Equal("opted_out", (await second.GetAsync($"/v1/opt-outs/{after.Id}")).Json.Text("state"));
        var again = await second.StopEmailAsync(address);
        Assert.Equal((200, after.Id), (again.Status, again.Id));
        await Running.UntilAsync(async () => await second.CountAsync(
            $"optout.open_delivery WHERE opt_out_id = '{after.Raw()}'") == 1, "The system is not told again.");
        // Who came back is one person again; the erased one is erased again, the others can still be read.
        var lookup = await second.PostAsync("/v1/subjects/lookup",
            $$"""{ "identifier": { "type": "email", "value": "{{returning}}" } }""", "reader");
        Assert.Equal(meanwhile.Json.Text("subjectId"), lookup.Json.Text("id"));
        Assert.Equal(1, await second.CountAsync("optout.subject WHERE survivor_id <> subject_id"));
        await Running.UntilAsync(async () => (await second.GetAsync(path, "auditor")).Json.Text("state") == "erased", "Not erased again.");
        Assert.Equal(0, await second.CountAsync(
            $"optout.identifier WHERE value_ciphertext IS NOT NULL AND subject_id = '{Subject(forgotten)}'"));
        Assert.Equal(200, (await second.GetAsync("/v1/ledger/openings/" + before.Json.Text("ledgerEntryId"), "auditor")).Status);
        // One history: the old checkpoint is continued, the `restored` leaf says so, and everything agrees.
        await second.PublishedAsync();
        Assert.Equal(1, await second.CountAsync("ledger.entry WHERE convert_from(leaf, 'UTF8') LIKE '%\"kind\":\"restored\"%'"));
        var proof = await second.GetAsync(
            $"/v1/ledger/consistency?from={published.Size}&to={(await second.CheckpointAsync()).Size}", "");
        Assert.Equal(200, proof.Status);
        Assert.Empty((await second.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel)).Faults);
        Assert.Empty((await second.App.Services.GetRequiredService<ActAudit>().RunAsync(Cancel)).Faults);
    }

    [Fact]
    public async Task Nothing_is_recovered_where_nothing_is_forgotten()
    {
        await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        Assert.Equal(409, (await service.PostAsync("/v1/ledger/recoveries", "{}", "operator")).Status);
        Assert.Equal(403, (await service.PostAsync("/v1/ledger/recoveries", "{}")).Status);
    }

    [Fact]
    public async Task What_was_archived_and_not_yet_published_is_missed_and_put_back_too()
    {
        await service.StopManyAsync(5);
        await service.WrittenAsync(directory);
        var size = await service.ScalarAsync<long>("SELECT size FROM ledger.head");
        var then = directory + "-then";
        using (var copy = Process.Start("cp", ["-r", directory, then]))
            await copy.WaitForExitAsync(Cancel);
        await service.StopManyAsync(3);
        await service.WrittenAsync(directory);
        await service.StopAsync();
        var grown = await service.ScalarAsync<long>("SELECT size FROM ledger.head");
        Directory.Delete(directory, recursive: true);
        Directory.Move(then, directory);
        await service.ForgetAsync((int)(grown - size));

        await using var second = await service.StartReplicaAsync();
        await Running.UntilAsync(() => Task.FromResult(!Standing(second).IsCurrent), "It is not missed.");
        var asked = await second.PostAsync("/v1/ledger/recoveries", "{}", "bootstrap");
        Assert.Equal(202, asked.Status);
        await Running.UntilAsync(async () => (await second.GetAsync("/v1/ledger/recoveries/" + asked.Id, "bootstrap"))
            .Json.Text("state") == "done", "It was not put back.");

        await second.PublishedAsync();
        Assert.True(await second.ScalarAsync<long>("SELECT size FROM ledger.head") > grown);
        Assert.Empty((await second.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel)).Faults);
        Assert.Empty((await second.App.Services.GetRequiredService<ActAudit>().RunAsync(Cancel)).Faults);
    }

    [Fact]
    public async Task A_changed_archive_puts_nothing_back()
    {
        await service.StopManyAsync(5);
        await service.WrittenAsync(directory);
        await service.StopAsync();
        await service.ForgetAsync(3);
        var archive = Directory.GetFiles(directory + "-archive").Single();
        var bytes = await File.ReadAllBytesAsync(archive, Cancel);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(archive, bytes, Cancel);

        await using var second = await service.StartReplicaAsync();
        var asked = await second.PostAsync("/v1/ledger/recoveries", "{}", "bootstrap");
        Assert.Equal(202, asked.Status);
        await Running.UntilAsync(async () => (await second.GetAsync("/v1/ledger/recoveries/" + asked.Id, "bootstrap"))
            .Json.Text("state") == "failed", "It was not refused.");

        Assert.Equal("archive_unreadable", (await second.GetAsync("/v1/ledger/recoveries/" + asked.Id, "bootstrap")).Json.Text("code"));
        Assert.False(Standing(second).IsCurrent);
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        LedgerRig.Remove(directory);
    }

    private static LedgerStanding Standing(RunningService running) => running.App.Services.GetRequiredService<LedgerStanding>();

    private static Guid Subject(Answer stop) => Guid.ParseExact(stop.Json.Text("subjectId")[4..], "N");

    private async Task<string> DumpAsync()
    {
        var file = Path.Combine(service.Directory, "backup.dump");
        await ToolAsync("pg_dump", "--format=custom", "--file", file, Login().Database!);
        return file;
    }

    /// <summary>As an administrator does it: the database is dropped, made again, and filled from the file.</summary>
    private async Task RestoreAsync(string file)
    {
        NpgsqlConnection.ClearAllPools();
        var (database, maintenance) = (Login().Database!, Login());
        maintenance.Database = "postgres";
        await using (var administrator = new NpgsqlConnection(maintenance.ConnectionString))
        {
            await administrator.OpenAsync(Cancel);
            foreach (var statement in (string[])[$"DROP DATABASE {database} WITH (FORCE)", $"CREATE DATABASE {database} OWNER optout_owner"])
            {
                // Making a database waits for a checkpoint of the whole server, which others keep busy.
                await using var command = new NpgsqlCommand(statement, administrator) { CommandTimeout = 180 };
                await command.ExecuteNonQueryAsync(Cancel);
            }
        }

        await ToolAsync("pg_restore", "--dbname", database, file);
    }

    private NpgsqlConnectionStringBuilder Login() => new(service.Databases.Admin);

    private async Task ToolAsync(string tool, params string[] arguments)
    {
        var login = Login();
        var start = new ProcessStartInfo(tool,
            ["--host", login.Host!, "--port", login.Port.ToString(CultureInfo.InvariantCulture), "--username", login.Username!, .. arguments])
        {
            RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = login.Password;
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, error);
    }
}
