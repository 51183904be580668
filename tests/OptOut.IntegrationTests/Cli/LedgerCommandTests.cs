using System.Text;
using OptOut.IntegrationTests.Audit;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Cli;

/// <summary>What an auditor does with <c>optout</c>, against a service that runs and files that were changed.</summary>
public sealed class LedgerCommandTests(Servers servers) : IAsyncLifetime
{
    private readonly string directory = LedgerRig.NewLedgerDirectory();
    private RunningService service = null!;
    private string[] vkeys = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        service = await LedgerRig.StartAsync(servers, directory);
        await service.AddSystemAsync("mailer", "marketing", "email");
        await service.StopManyAsync(300);
        await service.WrittenAsync(directory);
        vkeys = [.. (await service.TrustedAsync()).Keys.Select(key => key.ToString())];
    }

    [Fact]
    public async Task The_published_log_verifies_online_offline_and_as_the_continuation_of_an_older_checkpoint()
    {
        var older = Path.Combine(directory, "older");
        File.Copy(Path.Combine(directory, "checkpoint"), older);
        var environment = new Dictionary<string, string> { ["OPTOUT_KEY"] = await service.KeyOfAsync("auditor") };
        await service.StopManyAsync(20);
        await service.WrittenAsync(directory);

        var online = await CliRun.RunAsync(environment,
            ["ledger", "verify", "--url", service.Http.BaseAddress!.ToString(), "--old", older, "--json", "--vkey", .. vkeys]);
        var hashesOnly = await CliRun.RunAsync(
            ["ledger", "verify", "--url", service.Http.BaseAddress!.ToString(), "--json", "--vkey", .. vkeys]);
        var offline = await CliRun.RunAsync(
            ["ledger", "verify", "--directory", directory, "--old", older, "--json", "--vkey", .. vkeys]);

        Assert.Equal((0, 0, 0), (online.ExitCode, hashesOnly.ExitCode, offline.ExitCode));
        Assert.True(online.Json.GetProperty("verified").GetBoolean());
        Assert.Equal(online.Json.GetProperty("size").GetInt64(), online.Json.GetProperty("leavesRead").GetInt64());
        Assert.Equal(online.Output, offline.Output);
        Assert.Equal(0, hashesOnly.Json.GetProperty("leavesRead").GetInt64());
    }

    [Fact]
    public async Task The_first_leaf_that_is_not_the_signed_one_is_named_and_a_foreign_history_is_refused()
    {
        await service.StopAsync();
        var older = Path.Combine(directory, "older");
        File.Copy(Path.Combine(directory, "checkpoint"), older);
        var bundle = Path.Combine(directory, "tile/entries/000");
        var bytes = await File.ReadAllBytesAsync(bundle, Cancel);
        var text = Encoding.Latin1.GetString(bytes);
        var seventh = Enumerable.Range(0, 7).Aggregate(0, (at, _) => at + 2 + (bytes[at] << 8 | bytes[at + 1]));
        bytes[text.IndexOf("recorded", seventh, StringComparison.Ordinal)] = (byte)'R';
        await File.WriteAllBytesAsync(bundle, bytes, Cancel);

        var changed = await CliRun.RunAsync(["ledger", "verify", "--directory", directory, "--json", "--vkey", .. vkeys]);
        var told = await CliRun.RunAsync(["ledger", "verify", "--directory", directory, "--vkey", .. vkeys]);
        await using var other = await RunningService.StartAsync(servers, $"--OptOut:LedgerDirectory={directory}.other");
        await other.StopManyAsync(3);
        await other.PublishedAsync();
        var foreign = await CliRun.RunAsync(
            ["ledger", "verify", "--url", other.Http.BaseAddress!.ToString(), "--vkey", .. vkeys]);
        LedgerRig.Remove(directory + ".other");

        Assert.Equal((1, 7), (changed.ExitCode, changed.Json.GetProperty("firstBadLeaf").GetInt64()));
        Assert.Contains("First bad leaf: 7", told.Output, StringComparison.Ordinal);
        Assert.Equal(1, foreign.ExitCode);
        Assert.Contains("not signed by a known key", foreign.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_is_proven_offline_with_its_opening_and_a_changed_one_is_not()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        await service.WrittenAsync(directory);
        var receipt = Path.Combine(directory, "receipt.json");
        await File.WriteAllTextAsync(receipt, (await service.GetAsync($"/v1/opt-outs/{stop.Id}/receipt")).Text, Cancel);
        var proof = Path.Combine(directory, "one.tlog-proof");
        var entry = stop.Json.Text("ledgerEntryId");
        await File.WriteAllTextAsync(proof, (await service.GetAsync($"/v1/ledger/receipts/{entry}")).Text, Cancel);
        var opening = Path.Combine(directory, "opening.json");
        var opened = (await service.GetAsync($"/v1/ledger/openings/{entry}", "auditor")).Text;
        await File.WriteAllTextAsync(opening, opened, Cancel);

        var whole = await CliRun.RunAsync(["receipt", "verify", receipt, "--json", "--vkey", .. vkeys]);
        var apart = await CliRun.RunAsync(["receipt", "verify", proof, "--opening", opening, "--json", "--vkey", .. vkeys]);
        await File.WriteAllTextAsync(opening, opened.Replace("\"nonce\":\"", "\"nonce\":\"AAAA", StringComparison.Ordinal), Cancel);
        var wrong = await CliRun.RunAsync(["receipt", "verify", proof, "--opening", opening, "--vkey", .. vkeys]);
        await File.WriteAllTextAsync(proof, (await File.ReadAllTextAsync(proof, Cancel)).Replace("index ", "index 1", StringComparison.Ordinal), Cancel);
        var moved = await CliRun.RunAsync(["receipt", "verify", proof, "--json", "--vkey", .. vkeys]);

        Assert.Equal((0, 0, 1, 1), (whole.ExitCode, apart.ExitCode, wrong.ExitCode, moved.ExitCode));
        Assert.Equal(("recorded", stop.Raw().ToString("N")), (whole.Json.Text("kind"), whole.Json.Text("record")));
        Assert.Contains(stop.Id, apart.Json.Text("payload"), StringComparison.Ordinal);
        Assert.False(moved.Json.GetProperty("proven").GetBoolean());
    }

    [Fact]
    public async Task The_audit_holds_on_an_untouched_database_and_names_the_leaf_of_what_was_changed()
    {
        var edited = await service.StopEmailAsync(Stops.NewEmail());
        await service.WrittenAsync(directory);
        await service.StopAsync();
        var environment = new Dictionary<string, string>
        {
            ["OPTOUT_DATABASE"] = service.Databases.Service, ["OPTOUT_KEYS_DATABASE"] = service.Databases.KeysService,
            ["OPTOUT_MASTER_KEY_FILE"] = Path.Combine(service.Directory, "master.json"),
        };
        string[] command = ["ledger", "audit", "--directory", directory, "--json", "--vkey", .. vkeys];

        var untouched = await CliRun.RunAsync(environment, command);
        await service.TamperAsync("optout.opt_out_version",
            $"UPDATE optout.opt_out_version SET regime = 'none' WHERE opt_out_id = '{edited.Raw()}'");
        var changed = await CliRun.RunAsync(environment, command);
        environment.Remove("OPTOUT_KEYS_DATABASE");
        var withoutKeys = await CliRun.RunAsync(environment, command);

        Assert.True(untouched.ExitCode == 0, untouched.Output + untouched.Error);
        Assert.Equal(untouched.Json.GetProperty("leaves").GetInt64(), untouched.Json.GetProperty("acts").GetInt64());
        Assert.True(untouched.Json.GetProperty("openingsOpened").GetBoolean());
        Assert.Equal((1, 1), (changed.ExitCode, withoutKeys.ExitCode));
        var fault = changed.Json.GetProperty("faults").EnumerateArray().First();
        Assert.Equal("record_edited", fault.Text("code"));
        Assert.Equal(edited.Json.Text("ledgerEntryId"), Guid.Parse(fault.Text("entryId")).ToString("N"));
        Assert.True(fault.GetProperty("index").GetInt64() > 0);
    }

    [Fact]
    public async Task Exit_codes_tell_a_wrong_line_from_what_could_not_be_checked()
    {
        Assert.Equal(2, (await CliRun.RunAsync("ledger", "verify", "--directory")).ExitCode);
        Assert.Equal(2, (await CliRun.RunAsync("ledger", "verify")).ExitCode);
        Assert.Equal(2, (await CliRun.RunAsync(["ledger", "verify", "--directory", directory])).ExitCode);
        Assert.Equal(3, (await CliRun.RunAsync(["ledger", "verify", "--url", "http://127.0.0.1:9", "--vkey", vkeys[0]])).ExitCode);
        var audit = await CliRun.RunAsync(["ledger", "audit", "--vkey", vkeys[0]]);
        Assert.Equal(3, audit.ExitCode);
        Assert.Contains("OPTOUT_DATABASE", audit.Error, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        LedgerRig.Remove(directory);
    }
}
