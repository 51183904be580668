using OptOut.Contracts;

namespace OptOut.Service.Systems;

/// <summary>A downstream system as propagation needs it. Signing keys are newest first; two are valid during a rotation.</summary>
internal sealed record DownstreamSystem(
    int Id,
    Guid PublicId,
    string Name,
    string DisplayName,
    string Kind,
    string Owner,
    SystemChannel Channel,
    SystemContract Contract,
    string State,
    string HmacKeyId,
    int Version,
    IReadOnlyList<SigningKey> SigningKeys)
{
    public bool IsRetired => State == SystemStates.Retired;
    public bool IsPaused => State == SystemStates.Paused;

    /// <summary>The secrets that are valid now, newest first.</summary>
    public IReadOnlyList<WebhookSecret> SecretsAt(DateTimeOffset now) =>
        [.. SigningKeys.Where(k => k.ExpiresAt is null || k.ExpiresAt > now).Select(k => k.Secret)];
}

/// <summary>A key of a system; null <paramref name="ExpiresAt"/> for the current one.</summary>
internal sealed record SigningKey(WebhookSecret Secret, DateTimeOffset? ExpiresAt);

internal static class SystemStates
{
    public const string Active = "active";
    public const string Paused = "paused";
    public const string Retired = "retired";
}
