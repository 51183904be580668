using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access;

/// <summary>Who is asking, proved by a key.</summary>
internal sealed class Caller(string keyId, string name, Roles roles) : IRequestActor
{
    private const string ActorPrefix = "key:";

    public string KeyId { get; } = keyId;

    /// <summary>The key's name, given by whoever made it.</summary>
    public string Name { get; } = name;

    public RoleSet Roles { get; } = roles.Set;

    /// <summary>The one system this key speaks for; null for every other key.</summary>
    public string? SystemName { get; } = roles.SystemName;

    /// <summary>How evidence names this caller.</summary>
    public string Actor { get; } = ActorPrefix + keyId;

    /// <summary>Whether evidence speaks of somebody with a key, who may come back and ask.</summary>
    public static bool IsNamedBy(string actor) => actor.StartsWith(ActorPrefix, StringComparison.Ordinal);

    /// <summary>This process's own key, which makes what it records synthetic.</summary>
    public bool IsProbe { get; init; }

    public bool Has(RoleSet any) => (Roles & any) != 0;
}

internal static class CallerExtensions
{
    /// <exception cref="InvalidOperationException">The route is public and no key was sent.</exception>
    public static Caller Caller(this HttpContext http) =>
        http.TryCaller() ?? throw new InvalidOperationException("This route has no caller.");

    public static Caller? TryCaller(this HttpContext http) => http.Features.Get<IRequestActor>() as Caller;
}
