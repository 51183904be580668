using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>The tree of purposes.</summary>
public sealed class PurposesApi
{
    private readonly ApiTransport _transport;

    internal PurposesApi(ApiTransport transport) => _transport = transport;

    /// <summary>All purposes, by name.</summary>
    public IAsyncEnumerable<Purpose> ListAsync(CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, "v1/purposes", ApiJson.Default.PagePurpose, cancellationToken);

    /// <summary>One purpose.</summary>
    public Task<Purpose> GetAsync(string purpose, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get(PathOf(purpose)), ApiJson.Default.Purpose, cancellationToken);

    /// <summary>Makes a purpose, or edits it; what lowers protection waits for a second person.</summary>
    /// <param name="purpose">Its name; the purpose above must exist.</param>
    /// <param name="definition">What it is to be.</param>
    /// <param name="version">The version that is edited; null to make one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Change<Purpose>> PutAsync(
        string purpose, PurposeDefinition definition, int? version = null, CancellationToken cancellationToken = default) =>
        _transport.ChangeAsync(
            ApiCall.Put(PathOf(purpose), definition, ApiJson.Default.PurposeDefinition).Against(version),
            ApiJson.Default.Purpose, cancellationToken);

    private static string PathOf(string purpose) => "v1/purposes/" + ApiCall.Segment(purpose);
}
