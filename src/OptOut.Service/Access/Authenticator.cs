using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Access;

/// <summary>What came of looking at a request's credential.</summary>
internal enum AuthOutcome
{
    /// <summary>No credential was sent.</summary>
    Absent,

    /// <summary>A key that holds.</summary>
    Accepted,

    /// <summary>Malformed, unknown, wrong, expired or revoked: which one is not told.</summary>
    Refused,
}

/// <summary>From the Authorization header to the caller. Keys anywhere else, as in a query string, are never read.</summary>
internal sealed partial class Authenticator(
    KeyCache cache, BootstrapKey bootstrap, InternalKey own, TimeProvider clock, ILogger<Authenticator> logger)
{
    private const string Scheme = "Bearer ";

    public async ValueTask<Authentication> AuthenticateAsync(HttpContext http)
    {
        var headers = http.Request.Headers.Authorization;
        if (headers.Count == 0) return new Authentication(AuthOutcome.Absent, null, null);
        if (headers.Count > 1
            || headers[0] is not { } header
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || !ApiKeyText.TryParse(header.AsSpan(Scheme.Length).Trim(' '), out var key))
        {
            return Refuse("malformed", null);
        }

        var isBootstrap = bootstrap.Key?.Caller.KeyId == key.Id;
        var known = isBootstrap ? bootstrap.Key
            : own.Key.Caller.KeyId == key.Id ? own.Key
            : await cache.FindAsync(key.Id, http.RequestAborted);
        return KnownKey.Verify(known, key.SecretHash, clock.GetTimestamp()) is { } caller
            ? new Authentication(AuthOutcome.Accepted, caller, key.Id)
            : Refuse(known is null ? "unknown" : "wrong_secret", key.Id);
    }

    private Authentication Refuse(string reason, string? keyId)
    {
        OptOutTelemetry.AuthFailed(reason);
        LogRefused(reason, keyId);
        return new Authentication(AuthOutcome.Refused, null, keyId);
    }

    [LoggerMessage(401, LogLevel.Warning, "Credential refused: {Reason}, key id {KeyId}")]
    private partial void LogRefused(string reason, string? keyId);
}

/// <param name="Outcome">What came of it.</param>
/// <param name="Caller">The caller, when accepted.</param>
/// <param name="KeyId">The id that the credential named, where it was well-formed.</param>
internal readonly record struct Authentication(AuthOutcome Outcome, Caller? Caller, string? KeyId);
