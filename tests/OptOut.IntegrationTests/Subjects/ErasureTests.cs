using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OptOut.IntegrationTests.Audit;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger.Proofs;
using OptOut.Service.Audit.Checking;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Subjects;

/// <summary>A person is forgotten: what was proven stays proven, what was stopped stays stopped, and nothing of them is left.</summary>
public sealed class ErasureTests(Servers servers) : IAsyncLifetime
{
    private readonly string directory = LedgerRig.NewLedgerDirectory();
    private RunningService service = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => service = await LedgerRig.StartAsync(servers, directory);

    [Fact]
    public async Task Nothing_of_an_erased_person_is_left_and_every_proof_and_the_stop_itself_hold_on()
    {
        var marker = "marked" + RandomNumberGenerator.GetHexString(16, lowercase: true);
        var address = marker + "@example.com";
        var stop = await service.StopEmailAsync(address);
        var other = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        var receipt = LedgerRig.Receipt((await service.GetAsync($"/v1/ledger/receipts/{stop.Json.Text("ledgerEntryId")}")).Text);

        var asked = await service.PostAsync($"/v1/subjects/{stop.Json.Text("subjectId")}/erasure", "{}", "operator", "erase-1");
        Assert.Equal(202, asked.Status);
        await ErasedAsync(stop);
        await service.PublishedAsync();

        Assert.Equal(ReceiptVerdict.Proven, receipt.Verify(await service.TrustedAsync()));
        Assert.Equal(410, (await service.GetAsync("/v1/ledger/openings/" + stop.Json.Text("ledgerEntryId"), "auditor")).Status);
        Assert.Equal(200, (await service.GetAsync("/v1/ledger/openings/" + other.Json.Text("ledgerEntryId"), "auditor")).Status);
        Assert.Equal(0, await service.CountAsync($"ledger.opening WHERE subject_id = '{Subject(stop)}'"));
        await AuditAsync([]);
        // A re-import meets the keyed hash: the same person, the same stop.
        var again = await service.StopEmailAsync(address);
        Assert.Equal((200, stop.Id, stop.Json.Text("subjectId")), (again.Status, again.Id, again.Json.Text("subjectId")));
        await service.PublishedAsync();
        await AuditAsync([]);
        foreach (var dump in (string[])[service.Databases.Admin, Keys()])
        {
            var text = await DumpAsync(dump);
            Assert.All(Forms(marker, address), form => Assert.DoesNotContain(form, text, StringComparison.OrdinalIgnoreCase));
        }

        Assert.DoesNotContain(Subject(stop).ToString(), await DumpAsync(Keys()), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(marker, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systems_are_told_first_and_after_thirty_days_it_is_done_whatever_is_open_and_says_so()
    {
        await service.AddSystemAsync("mailer", "marketing", "email");
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        var path = $"/v1/subjects/{stop.Json.Text("subjectId")}/erasure";

        Assert.Equal(403, (await service.PostAsync(path, "{}")).Status);
        var first = await service.PostAsync(path, "{}", "operator");
        var second = await service.PostAsync(path, "{}", "operator");
        Assert.Equal((202, 202), (first.Status, second.Status));
        Assert.Equal(first.Json.Text("requestedAt"), second.Json.Text("requestedAt"));
        Assert.Equal("waiting", (await service.GetAsync(path, "auditor")).Json.Text("state"));
        // A last version tells of it, and the stop stands.
        var record = (await service.GetAsync($"/v1/opt-outs/{stop.Id}")).Json;
        Assert.Equal((2, "opted_out", "subject_erased"),
            (record.GetProperty("version").GetInt32(), record.Text("state"), record.GetProperty("reason").Text("code")));
        Assert.Equal(1, await service.CountAsync("optout.open_delivery WHERE version = 2"));

        await service.RunAsync("UPDATE optout.erasure SET due_at = now()");
        await ErasedAsync(stop);

        var done = (await service.GetAsync(path, "auditor")).Json;
        Assert.True(done.GetProperty("openDeliveries").GetInt32() > 0);
        await service.PublishedAsync();
        await AuditAsync([]);
    }

    [Fact]
    public async Task An_opening_that_is_gone_without_an_erasure_is_named_and_one_that_was_invented_covers_nothing()
    {
        var robbed = await service.StopEmailAsync(Stops.NewEmail());
        var covered = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();

        await service.TamperAsync("ledger.opening",
            $"DELETE FROM ledger.opening WHERE entry_id IN ('{Entry(robbed)}', '{Entry(covered)}')");
        await service.RunAsync(
            $"""
            INSERT INTO optout.erasure (erasure_id, subject_id, state, requested_by, requested_at, due_at, members, erased_at, ledger_entry_id)
            VALUES (gen_random_uuid(), '{Subject(covered)}', 'erased', 'x', now(), now(), ARRAY['{Subject(covered)}'::uuid], now(), gen_random_uuid())
            """);

        await AuditAsync([ActAudit.OpeningMissing, ActAudit.LeafMissing]);
    }

    [Fact]
    public async Task An_opening_goes_for_nobody_before_its_person_is_being_erased()
    {
        await service.StopEmailAsync(Stops.NewEmail());
        foreach (var login in (string[])[service.Databases.Service, service.Databases.Owner, service.Databases.Admin])
        {
            await using var connection = new NpgsqlConnection(login);
            await connection.OpenAsync(Cancel);
            await using var command = new NpgsqlCommand("DELETE FROM ledger.opening", connection);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Cancel));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        LedgerRig.Remove(directory);
    }

    private static IEnumerable<string> Forms(string marker, string address)
    {
        yield return marker;
        yield return Convert.ToHexString(Encoding.UTF8.GetBytes(marker));
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(address))[..16];
        yield return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(address)));
    }

    private static Guid Subject(Answer stop) => Guid.ParseExact(stop.Json.Text("subjectId")[4..], "N");

    private static Guid Entry(Answer stop) => Guid.ParseExact(stop.Json.Text("ledgerEntryId"), "N");

    private Task ErasedAsync(Answer stop) => Running.UntilAsync(async () =>
        (await service.GetAsync($"/v1/subjects/{stop.Json.Text("subjectId")}/erasure", "auditor")).Json.Text("state") == "erased",
        "The person was not erased.");

    private async Task AuditAsync(string[] codes)
    {
        Assert.Empty((await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel)).Faults);
        var acts = await service.App.Services.GetRequiredService<ActAudit>().RunAsync(Cancel);
        Assert.Equal(codes.Order(), acts.Faults.Select(fault => fault.Code).Distinct().Order());
    }

    private string Keys() => new NpgsqlConnectionStringBuilder(service.Databases.Admin)
    {
        Database = new NpgsqlConnectionStringBuilder(service.Databases.Keys).Database,
    }.ConnectionString;

    /// <summary>All that <c>pg_dump</c> would put into a backup.</summary>
    private static async Task<string> DumpAsync(string connectionString)
    {
        var login = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo("pg_dump",
            ["--host", login.Host!, "--port", login.Port.ToString(CultureInfo.InvariantCulture), "--username", login.Username!, login.Database!])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = login.Password;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var dump = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, await error);
        Assert.Contains("COPY optout.", dump, StringComparison.Ordinal);
        return dump;
    }
}
