using System.Globalization;
using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>What was told to which system.</summary>
public sealed class DeliveriesApi
{
    private readonly ApiTransport _transport;

    internal DeliveriesApi(ApiTransport transport) => _transport = transport;

    /// <summary>Deliveries that fit the filter.</summary>
    public IAsyncEnumerable<Delivery> ListAsync(
        DeliveryFilter? filter = null, CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, "v1/deliveries" + Query(filter ?? new DeliveryFilter()), ApiJson.Default.PageDelivery,
            cancellationToken);

    /// <summary>One delivery with its tries.</summary>
    public Task<DeliveryDetail> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get(PathOf(id)), ApiJson.Default.DeliveryDetail, cancellationToken);

    /// <summary>Sends an open delivery again now.</summary>
    public Task ResendAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Post(PathOf(id) + "/resend"), cancellationToken);

    private static string Query(DeliveryFilter filter)
    {
        var since = filter.Since?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        (string Name, string? Value)[] parts =
        [
            ("system", filter.System), ("state", filter.State),
            ("overdue", filter.Overdue is { } overdue ? overdue ? "true" : "false" : null),
            ("optOut", filter.OptOutId), ("since", since),
        ];
        var query = string.Join('&',
            parts.Where(part => part.Value is not null).Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value!)}"));
        return query.Length == 0 ? "" : "?" + query;
    }

    private static string PathOf(string id) => "v1/deliveries/" + ApiCall.Segment(id);
}

/// <summary>API keys, for keys of role <c>admin</c>.</summary>
public sealed class KeysApi
{
    private readonly ApiTransport _transport;

    internal KeysApi(ApiTransport transport) => _transport = transport;

    /// <summary>Makes a key. Never tried again by itself: a lost answer would leave a key that nobody holds.</summary>
    public Task<IssuedApiKey> CreateAsync(NewApiKey key, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post("v1/keys", key, ApiJson.Default.NewApiKey), ApiJson.Default.IssuedApiKey, cancellationToken);

    /// <summary>All keys, without their secrets.</summary>
    public IAsyncEnumerable<ApiKeyInfo> ListAsync(CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, "v1/keys", ApiJson.Default.PageApiKeyInfo, cancellationToken);

    /// <summary>Gives a key a new secret; the old one holds for the overlap, at most a week.</summary>
    public Task<IssuedApiKey> RotateAsync(string id, TimeSpan overlap, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post($"v1/keys/{ApiCall.Segment(id)}/rotate", new OverlapBody((int)overlap.TotalSeconds),
                ApiJson.Default.OverlapBody),
            ApiJson.Default.IssuedApiKey, cancellationToken);

    /// <summary>Ends a key everywhere within five seconds.</summary>
    public Task RevokeAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Delete("v1/keys/" + ApiCall.Segment(id)), cancellationToken);
}

/// <summary>Links by which a person acts.</summary>
public sealed class LinksApi
{
    private readonly ApiTransport _transport;

    internal LinksApi(ApiTransport transport) => _transport = transport;

    /// <summary>The unsubscribe link of a person and scope, with the mail headers of RFC 8058. It never expires.</summary>
    public Task<OptOutLink> StopAsync(Subject subject, NewScope scope, CancellationToken cancellationToken = default) =>
        MakeAsync(subject, scope, "stop", cancellationToken);

    /// <summary>A token by which the person lifts a stop, once, within 15 minutes; the key needs role <c>portal</c>.</summary>
    public Task<OptOutLink> ReversalAsync(
        Subject subject, NewScope scope, CancellationToken cancellationToken = default) =>
        MakeAsync(subject, scope, "reversal", cancellationToken);

    private Task<OptOutLink> MakeAsync(
        Subject subject, NewScope scope, string action, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("v1/links", new LinkBody(subject, scope, action), ApiJson.Default.LinkBody),
            ApiJson.Default.OptOutLink, cancellationToken);
}

/// <summary>Acts that wait for a second person.</summary>
public sealed class ApprovalsApi
{
    private readonly ApiTransport _transport;

    internal ApprovalsApi(ApiTransport transport) => _transport = transport;

    /// <summary>What waits, and for what.</summary>
    public Task<Approval> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get(PathOf(id)), ApiJson.Default.Approval, cancellationToken);

    /// <summary>Approves it, by another key than the one that asked.</summary>
    public Task ApproveAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Post(PathOf(id) + "/approve"), cancellationToken);

    private static string PathOf(string id) => "v1/approvals/" + ApiCall.Segment(id);
}

/// <summary>Synthetic opt-outs through systems.</summary>
public sealed class ProbesApi
{
    private readonly ApiTransport _transport;

    internal ProbesApi(ApiTransport transport) => _transport = transport;

    /// <summary>Begins a probe through the named systems; through all where none is named.</summary>
    public Task<Probe> StartAsync(IReadOnlyList<string> systems, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post("v1/probes", new ProbeBody(systems), ApiJson.Default.ProbeBody), ApiJson.Default.Probe,
            cancellationToken);

    /// <summary>How far a probe has come.</summary>
    public Task<Probe> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get("v1/probes/" + ApiCall.Segment(id)), ApiJson.Default.Probe, cancellationToken);
}
