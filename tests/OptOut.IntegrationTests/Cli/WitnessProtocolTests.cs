using System.Security.Cryptography;
using System.Text;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;

namespace OptOut.IntegrationTests.Cli;

/// <summary>C2SP tlog-witness, asked by a log that tries everything.</summary>
public sealed class WitnessProtocolTests : IAsyncLifetime
{
    private const string Origin = "log.example";

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private WitnessProcess witness = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private NoteSigner Signer => NoteSigner.Ecdsa(Origin, key);

    public async ValueTask InitializeAsync()
    {
        witness = await WitnessProcess.PrepareAsync();
        await witness.StartAsync(Signer.Verifier.ToString());
    }

    [Fact]
    public async Task A_log_that_only_grows_is_cosigned_and_nothing_else_is_also_after_a_power_cut()
    {
        var five = await AskAsync(0, 0, 5);
        Assert.Equal(200, five.Status);
        var line = SignedNote.Parse(Note(5)).WithLines(five.Body);
        Assert.Equal(NoteVerdict.Verified, line.Check([witness.Verifier]).Verdict);

        var again = await AskAsync(5, 5, 5);
        var forgetful = await AskAsync(0, 0, 8);
        var unproven = await SendAsync(new WitnessRequest(5, [SHA256.HashData("x"u8)], Note(8)).ToBytes());
        var rewritten = await SendAsync(new WitnessRequest(5, [], Note(5, "another")).ToBytes());
        await witness.KillAsync();
        await witness.StartAsync(Signer.Verifier.ToString());
        var remembered = await AskAsync(0, 0, 5);
        var grown = await AskAsync(5, 5, 8);
        var shrunk = await AskAsync(8, 8, 5);

        Assert.Equal(200, again.Status);
        Assert.Equal((409, "5\n", "text/x.tlog.size"), (forgetful.Status, forgetful.Body, forgetful.Type));
        Assert.Equal((422, 409, 409), (unproven.Status, rewritten.Status, remembered.Status));
        Assert.Equal(200, grown.Status);
        Assert.Equal(400, shrunk.Status);
    }

    [Fact]
    public async Task An_unknown_log_a_foreign_signature_and_a_malformed_request_are_told_apart()
    {
        var unknown = new Checkpoint("other.example", 5, SHA256.HashData("r"u8)).Sign([NoteSigner.Ecdsa("other.example", key)]);
        var forged = new Checkpoint(Origin, 5, SHA256.HashData("r"u8)).Sign([NoteSigner.Ecdsa(Origin, otherKey)]);

        Assert.Equal(404, (await SendAsync(new WitnessRequest(0, [], unknown.ToBytes()).ToBytes())).Status);
        Assert.Equal(403, (await SendAsync(new WitnessRequest(0, [], forged.ToBytes()).ToBytes())).Status);
        Assert.Equal(400, (await SendAsync("old 00\n\n"u8.ToArray())).Status);
        Assert.Equal(400, (await SendAsync([.. "old -1\n\n"u8, .. Note(5)])).Status);
        Assert.Equal(400, (await SendAsync("old 0\n"u8.ToArray())).Status);
        Assert.Equal(400, (await SendAsync(new byte[WitnessRequest.MaxBytes + 1])).Status);
        Assert.Equal(422, (await SendAsync(new WitnessRequest(0, [SHA256.HashData("x"u8)], Note(5)).ToBytes())).Status);
        // None of it has changed what is held.
        Assert.Equal(200, (await AskAsync(0, 0, 5)).Status);
    }

    public async ValueTask DisposeAsync()
    {
        await witness.DisposeAsync();
        key.Dispose();
        otherKey.Dispose();
    }

    private Task<(int Status, string Body, string? Type)> AskAsync(long old, long from, long to)
    {
        List<byte[]> hashes = [];
        if (from > 0 && from <= to)
        {
            var nodes = new Dictionary<NodeAddress, byte[]>();
            Tree(to, "leaf", (node, root) => nodes[node] = root);
            hashes = [.. ConsistencyProof.Build(from, to, node => nodes[node]).Hashes];
        }

        return SendAsync(new WitnessRequest(old, hashes, Note(to)).ToBytes());
    }

    private byte[] Note(long size, string leaves = "leaf") =>
        new Checkpoint(Origin, size, Tree(size, leaves, null).Root()).Sign([Signer]).ToBytes();

    private static CompactRange Tree(long size, string leaves, Action<NodeAddress, byte[]>? completed)
    {
        var range = new CompactRange();
        for (var i = 0; i < size; i++)
            range.Append(MerkleTree.HashLeaf(Encoding.UTF8.GetBytes($"{leaves} {i}")), completed);
        return range;
    }

    private async Task<(int Status, string Body, string? Type)> SendAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        using var answer = await witness.Http.PostAsync("/add-checkpoint", content, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel),
            answer.Content.Headers.ContentType?.MediaType);
    }
}
