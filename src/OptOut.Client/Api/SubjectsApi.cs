using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>People, by identifiers that are never answered.</summary>
public sealed class SubjectsApi
{
    private readonly ApiTransport _transport;

    internal SubjectsApi(ApiTransport transport) => _transport = transport;

    /// <summary>The person with this identifier.</summary>
    /// <exception cref="OptOutNotFoundException">Nobody has it.</exception>
    public Task<KnownSubject> LookUpAsync(Identifier identifier, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post("v1/subjects/lookup", new LookupBody(identifier), ApiJson.Default.LookupBody),
            ApiJson.Default.KnownSubject, cancellationToken);

    /// <summary>Links one more identifier; where two people turn out to be one, the answer names the survivor.</summary>
    public Task<KnownSubject> LinkAsync(
        string id, Identifier identifier, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post(PathOf(id) + "/identifiers", identifier, ApiJson.Default.Identifier), ApiJson.Default.KnownSubject,
            cancellationToken);

    /// <summary>The newest version of each opt-out of a person.</summary>
    public IAsyncEnumerable<OptOutRecord> OptOutsAsync(string id, CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, PathOf(id) + "/opt-outs", ApiJson.Default.PageOptOutRecord, cancellationToken);

    /// <summary>Begins to erase a person; their stops go on being enforced by keyed hashes alone.</summary>
    public Task EraseAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Post(PathOf(id) + "/erasure"), cancellationToken);

    private static string PathOf(string id) => "v1/subjects/" + ApiCall.Segment(id);
}
