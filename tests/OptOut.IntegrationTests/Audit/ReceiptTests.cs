using System.Net.Http.Headers;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Ledger;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;

namespace OptOut.IntegrationTests.Audit;

/// <summary>What a stranger gets, checked with the library that has none of the service in it.</summary>
[Collection(RecordingCollection.Name)]
public sealed class ReceiptTests(RecordingService recording)
{
    private readonly RunningService service = recording.Service;

    [Fact]
    public async Task A_persons_receipt_carries_the_record_the_opening_and_a_proof_that_verifies()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());

        var receipt = await WaitAsync($"/v1/opt-outs/{stop.Id}/receipt");

        var proof = LedgerRig.Receipt(receipt.Json.GetProperty("proof").Text("text"));
        Assert.Equal(ReceiptVerdict.Proven, proof.Verify(await service.TrustedAsync()));
        var leaf = LedgerLeaf.Parse(proof.Extra!);
        Assert.Equal((stop.Raw(), 1, "recorded"), (leaf.Record, leaf.Version, leaf.Kind));
        var opening = receipt.Json.GetProperty("opening");
        var payload = Convert.FromBase64String(opening.Text("payload"));
        Assert.True(Commitment.Opens(leaf.CommitmentHash.Span, Convert.FromBase64String(opening.Text("nonce")), payload));
        Assert.Equal(stop.Json.Text("recordHash"), Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(payload)));
        Assert.Equal(["dialler", "mailer"], receipt.Json.GetProperty("systems").EnumerateArray().Select(one => one.Text("system")));
    }

    [Fact]
    public async Task A_waiting_caller_gets_the_proof_within_the_objective()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        var started = TimeProvider.System.GetTimestamp();

        var receipt = await WaitAsync($"/v1/ledger/receipts/{stop.Json.Text("ledgerEntryId")}");

        Assert.Equal((200, "text/plain; charset=utf-8"), (receipt.Status, receipt.ContentType));
        Assert.Equal(ReceiptVerdict.Proven, LedgerRig.Receipt(receipt.Text).Verify(await service.TrustedAsync()));
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_receipt_for_another_leaf_or_with_a_changed_byte_proves_nothing()
    {
        var first = await service.StopEmailAsync(Stops.NewEmail());
        var second = await service.StopEmailAsync(Stops.NewEmail());
        var receipt = LedgerRig.Receipt((await WaitAsync($"/v1/ledger/receipts/{first.Json.Text("ledgerEntryId")}")).Text);
        var other = LedgerRig.Receipt((await WaitAsync($"/v1/ledger/receipts/{second.Json.Text("ledgerEntryId")}")).Text);
        var log = await service.TrustedAsync();

        Assert.Equal(ReceiptVerdict.OtherLeaf, receipt.Verify(other.Extra!, log));
        var edited = receipt.Extra!.ToArray();
        edited[^2] ^= 1;
        Assert.Equal(ReceiptVerdict.NotIncluded, new Receipt(edited, receipt.Index, receipt.Hashes, receipt.Checkpoint).Verify(log));
    }

    [Fact]
    public async Task Two_checkpoints_are_proven_to_be_of_one_history()
    {
        await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        var older = await service.CheckpointAsync();
        await service.StopManyAsync(20);
        await service.PublishedAsync();
        var newer = await service.CheckpointAsync();

        var answer = await service.GetAsync($"/v1/ledger/consistency?from={older.Size}&to={newer.Size}", "");

        var hashes = answer.Json.GetProperty("proof").EnumerateArray().Select(h => Convert.FromBase64String(h.GetString()!));
        var proof = new ConsistencyProof(older.Size, newer.Size, [.. hashes]);
        Assert.True(proof.Verify(older.Root.Span, newer.Root.Span));
        var forged = older.Root.ToArray();
        forged[0] ^= 1;
        Assert.False(proof.Verify(forged, newer.Root.Span));
    }

    [Fact]
    public async Task The_root_is_computed_again_from_the_entry_bundles_alone()
    {
        await service.StopManyAsync(300);
        await service.PublishedAsync();
        var checkpoint = await service.CheckpointAsync();

        var range = new CompactRange();
        var log = TileLevel.Of(checkpoint.Size)[0];
        for (var index = 0L; range.Size < checkpoint.Size; index++)
        {
            var tile = log.Tile(index);
            var bundle = await service.GetAsync("/v1/ledger/" + TilePath.ForEntries(index, tile.Width), "auditor");
            var hashes = await service.GetAsync($"/v1/ledger/{tile}", "");
            var leaves = EntryBundle.Decode(bundle.Body);
            Assert.Equal(HashTile.Decode(hashes.Body, tile.Width), leaves.Select(leaf => MerkleTree.HashLeaf(leaf)));
            foreach (var leaf in leaves)
                range.Append(MerkleTree.HashLeaf(leaf));
        }

        Assert.Equal(checkpoint.Root.ToArray(), range.Root());
    }

    [Fact]
    public async Task Hashes_are_public_and_leaves_and_openings_are_the_auditors()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        var opening = "/v1/ledger/openings/" + stop.Json.Text("ledgerEntryId");
        await service.PublishedAsync();

        Assert.Equal(200, (await service.GetAsync("/v1/ledger/checkpoint", "")).Status);
        Assert.Equal(401, (await service.GetAsync("/v1/ledger/tile/entries/000.p/1", "")).Status);
        Assert.Equal(403, (await service.GetAsync("/v1/ledger/tile/entries/000.p/1")).Status);
        Assert.Equal(403, (await service.GetAsync(opening)).Status);
        Assert.Equal(200, (await service.GetAsync(opening, "auditor")).Status);
    }

    [Theory]
    [InlineData("tile/0/999")]
    [InlineData("tile/7/000")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/999")]
    [InlineData("tile/0/00")]
    [InlineData("tile/0/x000/000")]
    [InlineData("receipts/00000000000000000000000000000000")]
    public async Task What_is_not_published_is_not_there(string path)
    {
        await service.PublishedAsync();
        Assert.Equal(404, (await service.GetAsync("/v1/ledger/" + path)).Status);
    }

    [Fact]
    public async Task The_trail_tells_everything_in_order_and_page_by_page()
    {
        var stop = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();

        var whole = (await service.GetAsync($"/v1/opt-outs/{stop.Id}/trail", "auditor")).Json.GetProperty("data")
            .EnumerateArray().ToList();
        var kinds = whole.Select(item => item.Text("kind")).ToList();
        Assert.Equal(["requested", "recorded", "delivery_opened"], kinds.Take(3));
        Assert.True(whole[1].GetProperty("ledgerIndex").GetInt64() >= 0);
        Assert.Equal(whole.Select(item => item.Text("at")).Order(StringComparer.Ordinal), whole.Select(item => item.Text("at")));

        var page = await service.GetAsync($"/v1/opt-outs/{stop.Id}/trail?limit=2", "auditor");
        var rest = await service.GetAsync(
            $"/v1/opt-outs/{stop.Id}/trail?limit=200&cursor={page.Json.Text("nextCursor")}", "auditor");
        Assert.Equal(kinds.Take(3), page.Json.GetProperty("data").EnumerateArray()
            .Concat(rest.Json.GetProperty("data").EnumerateArray()).Select(item => item.Text("kind")).Take(3));
    }

    private async Task<Answer> WaitAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await service.KeyOfAsync("recorder"));
        request.Headers.TryAddWithoutValidation("Prefer", "wait=3");
        using var answer = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(answer);
    }
}
