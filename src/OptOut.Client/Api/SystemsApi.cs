using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>Downstream systems.</summary>
public sealed class SystemsApi
{
    private readonly ApiTransport _transport;

    internal SystemsApi(ApiTransport transport) => _transport = transport;

    /// <summary>All systems by name, retired ones included, without figures.</summary>
    public IAsyncEnumerable<DownstreamSystem> ListAsync(CancellationToken cancellationToken = default) =>
        Paging.ReadAsync(_transport, "v1/systems", ApiJson.Default.PageDownstreamSystem, cancellationToken);

    /// <summary>One system and how it is doing.</summary>
    public Task<DownstreamSystem> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Get(PathOf(name)), ApiJson.Default.DownstreamSystem, cancellationToken);

    /// <summary>Registers a system. Its secret and key are in the answer and can never be read again.</summary>
    public Task<RegisteredSystem> RegisterAsync(
        string name, SystemDefinition definition, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Put(name, definition), ApiJson.Default.RegisteredSystem, cancellationToken);

    /// <summary>Changes a system; what narrows its contract waits for a second person.</summary>
    public Task<Change<DownstreamSystem>> ChangeAsync(
        string name, SystemDefinition definition, int version, CancellationToken cancellationToken = default) =>
        _transport.ChangeAsync(Put(name, definition).Against(version), ApiJson.Default.DownstreamSystem, cancellationToken);

    /// <summary>Sends nothing for now; deliveries go on being written.</summary>
    public Task<DownstreamSystem> PauseAsync(
        string name, int version, string reason, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post(PathOf(name) + "/pause", new ReasonBody(reason), ApiJson.Default.ReasonBody).Against(version),
            ApiJson.Default.DownstreamSystem, cancellationToken);

    /// <summary>Sends again, what waited first.</summary>
    public Task<DownstreamSystem> ResumeAsync(string name, string reason, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post(PathOf(name) + "/resume", new ReasonBody(reason), ApiJson.Default.ReasonBody),
            ApiJson.Default.DownstreamSystem, cancellationToken);

    /// <summary>Sends a synthetic stop to this system alone.</summary>
    public Task<SystemTest> TestAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Post(PathOf(name) + "/test"), ApiJson.Default.SystemTest, cancellationToken);

    /// <summary>Sends everything that is still open since a time again, paced.</summary>
    public Task<SystemReplay> ReplayAsync(
        string name, DateTimeOffset since, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post(PathOf(name) + "/replay", new ReplayBody(since), ApiJson.Default.ReplayBody),
            ApiJson.Default.SystemReplay, cancellationToken);

    /// <summary>A new signing secret; the old one is valid for the overlap, at most a week.</summary>
    public Task<RotatedSecret> RotateSecretAsync(
        string name, TimeSpan overlap, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiCall.Post(PathOf(name) + "/rotate-secret", new OverlapBody((int)overlap.TotalSeconds),
                ApiJson.Default.OverlapBody),
            ApiJson.Default.RotatedSecret, cancellationToken);

    /// <summary>Asks to retire a system for good; a second person approves.</summary>
    public Task<Approval> RetireAsync(string name, int version, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiCall.Delete(PathOf(name)).Against(version), ApiJson.Default.Approval, cancellationToken);

    private static ApiCall Put(string name, SystemDefinition definition) =>
        ApiCall.Put(PathOf(name), definition, ApiJson.Default.SystemDefinition);

    private static string PathOf(string name) => "v1/systems/" + ApiCall.Segment(name);
}
