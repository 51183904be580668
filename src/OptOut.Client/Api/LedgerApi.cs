using System.Text;
using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>The ledger's proofs, as text that a verifier reads. This client does not verify: the ledger's library does.</summary>
public sealed class LedgerApi
{
    private readonly ApiTransport _transport;

    internal LedgerApi(ApiTransport transport) => _transport = transport;

    /// <summary>The newest signed checkpoint (C2SP tlog-checkpoint).</summary>
    public Task<string> CheckpointAsync(CancellationToken cancellationToken = default) =>
        TextAsync("v1/ledger/checkpoint", cancellationToken);

    /// <summary>The receipt of one leaf (C2SP tlog-proof).</summary>
    /// <exception cref="OptOutNotFoundException">There is no such leaf, or no checkpoint covers it yet; see the code.</exception>
    public Task<string> ReceiptAsync(string entryId, CancellationToken cancellationToken = default) =>
        TextAsync("v1/ledger/receipts/" + ApiCall.Segment(entryId), cancellationToken);

    /// <summary>What opens a leaf's commitment.</summary>
    public Task<LedgerOpening> OpeningAsync(string entryId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Get("v1/ledger/openings/" + ApiCall.Segment(entryId)), ApiJson.Default.LedgerOpening, cancellationToken);

    /// <summary>The log's name and keys.</summary>
    public Task<LedgerKeys> KeysAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get("v1/ledger/key"), ApiJson.Default.LedgerKeys, cancellationToken);

    /// <summary>That a tree of one size is the beginning of a larger one.</summary>
    public Task<LedgerConsistency> ConsistencyAsync(long from, long to, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Get(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"v1/ledger/consistency?from={from}&to={to}")),
            ApiJson.Default.LedgerConsistency, cancellationToken);

    private async Task<string> TextAsync(string path, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await _transport.SendAsync(ApiCall.Get(path), cancellationToken));
}
