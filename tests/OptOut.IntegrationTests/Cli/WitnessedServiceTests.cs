using Microsoft.Extensions.DependencyInjection;
using OptOut.IntegrationTests.Audit;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Tree;
using OptOut.Service.Audit;
using OptOut.Service.Audit.Sequencing;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Cli;

/// <summary>A service and a witness that runs elsewhere: what one of them forgets, the other remembers.</summary>
public sealed class WitnessedServiceTests(Servers servers) : IAsyncLifetime
{
    private readonly string directory = LedgerRig.NewLedgerDirectory();
    private WitnessProcess witness = null!;
    private RunningService service = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        witness = await WitnessProcess.PrepareAsync();
        service = await RunningService.StartAsync(servers, [$"--OptOut:LedgerDirectory={directory}", .. witness.Settings]);
    }

    [Fact]
    public async Task A_witness_that_is_down_blocks_nothing_and_is_said_and_cosigns_what_is_served_once_it_is_up()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        await Running.UntilAsync(async () => (await HealthAsync()).Contains("1 of 1 witnesses do not cosign", StringComparison.Ordinal),
            "Health does not say that the witness is down.");
        Assert.Equal("behind", (await WitnessAsync()).Text("state"));

        await witness.StartAsync([.. (await service.TrustedAsync()).Keys.Select(key => key.ToString())]);
        await CosignedAsync(service);

        var note = SignedNote.Parse((await service.GetAsync("/v1/ledger/checkpoint", "")).Body);
        Assert.Equal(NoteVerdict.Verified, note.Check([witness.Verifier]).Verdict);
        var told = await WitnessAsync();
        Assert.Equal(("cosigning", Checkpoint.Parse(note.Text).Size), (told.Text("state"), told.GetProperty("cosignedSize").GetInt64()));
        var receipt = LedgerRig.Receipt((await service.GetAsync($"/v1/ledger/receipts/{stop.Json.Text("ledgerEntryId")}")).Text);
        Assert.Contains("— witness.example ", receipt.Checkpoint, StringComparison.Ordinal);
        await Running.UntilAsync(async () => (await File.ReadAllTextAsync(Path.Combine(directory, "checkpoint"), Cancel))
            .Contains("— witness.example ", StringComparison.Ordinal), "The published file has no cosignature.");
        Assert.Contains("Cosigned up to", await HealthAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_rewritten_and_signed_with_the_stolen_key_is_caught_by_the_witness()
    {
        await service.StopManyAsync(10);
        await service.PublishedAsync();
        await witness.StartAsync([.. (await service.TrustedAsync()).Keys.Select(key => key.ToString())]);
        await CosignedAsync(service);
        await service.StopAsync();
        await RewriteAsync();

        await using var second = await service.StartReplicaAsync();
        await Running.UntilAsync(() => Task.FromResult(Incident(second) is not null), "No incident was raised.");

        Assert.Equal(LedgerIncidentException.WitnessDiffers, Incident(second));
        Assert.False(second.App.Services.GetRequiredService<LedgerStanding>().IsCurrent);
    }

    [Fact]
    public async Task An_older_state_without_any_published_file_is_caught_by_the_witness_before_the_first_answer()
    {
        await service.StopManyAsync(10);
        await service.PublishedAsync();
        await witness.StartAsync([.. (await service.TrustedAsync()).Keys.Select(key => key.ToString())]);
        await CosignedAsync(service);
        await service.StopAsync();
        await service.ForgetAsync(3);

        await using var second = await service.StartReplicaAsync("--OptOut:LedgerDirectory=");

        Assert.Equal(LedgerIncidentException.WitnessAhead, second.App.Services.GetRequiredService<LedgerStanding>().Doubt);
        var stop = await second.StopEmailAsync(Stops.NewEmail());
        Assert.Equal(201, stop.Status);
        await Running.UntilAsync(() => Task.FromResult(Incident(second) is not null), "No incident was raised.");
        Assert.True(await second.CountAsync("ledger.pending") > 0);
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        await witness.DisposeAsync();
        LedgerRig.Remove(directory);
    }

    private static async Task CosignedAsync(RunningService running)
    {
        await running.PublishedAsync();
        await Running.UntilAsync(async () => await running.ScalarAsync<bool>(
            """
            SELECT coalesce((SELECT max(size) FROM ledger.cosignature) = (SELECT size FROM ledger.head)
                AND NOT EXISTS (SELECT FROM ledger.pending), false)
            """), "The witness did not cosign.");
    }

    /// <summary>A superuser with the signing key changes a leaf and everything that follows from it, files included.</summary>
    private async Task RewriteAsync()
    {
        var leaves = await service.ScalarAsync<byte[][]>("SELECT array_agg(leaf ORDER BY entry_index) FROM ledger.entry");
        leaves[3] = [.. leaves[3], (byte)' '];
        var tree = new CompactRange();
        foreach (var leaf in leaves)
            tree.Append(MerkleTree.HashLeaf(leaf));
        using var stolen = LedgerKeys.Load(new LedgerSettings(
            (await service.CheckpointNoteAsync()).Origin, Path.Combine(service.Directory, "ledger-keys.json"), null));
        var note = new Checkpoint(stolen.Origin, tree.Size, tree.Root()).Sign(stolen.Signers).ToBytes();
        var edge = string.Join(", ", tree.Edge.Select(hash => $"'\\x{Convert.ToHexStringLower(hash)}'::bytea"));
        await service.TamperAsync("ledger.entry",
            "UPDATE ledger.entry SET leaf = leaf || ' ', leaf_hash = sha256('\\x00'::bytea || leaf || ' ') WHERE entry_index = 3");
        await service.TamperAsync("ledger.head", $"UPDATE ledger.head SET edge = ARRAY[{edge}]");
        await service.TamperAsync("ledger.cosignature", "DELETE FROM ledger.cosignature");
        await service.TamperAsync("ledger.checkpoint",
            $"""
            DELETE FROM ledger.checkpoint;
            INSERT INTO ledger.checkpoint VALUES ({tree.Size}, '\x{Convert.ToHexStringLower(tree.Root())}',
                '\x{Convert.ToHexStringLower(note)}', now())
            """);
        Directory.Delete(directory, recursive: true);
    }

    private async Task<string> HealthAsync() => (await service.GetAsync("/health/ready", "")).Text;

    private async Task<System.Text.Json.JsonElement> WitnessAsync() =>
        (await service.GetAsync("/v1/ledger/witnesses", "")).Json.GetProperty("witnesses")[0];

    private static string? Incident(RunningService service) =>
        service.App.Services.GetRequiredService<LedgerStatus>().Incident;
}
