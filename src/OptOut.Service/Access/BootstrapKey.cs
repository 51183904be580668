namespace OptOut.Service.Access;

/// <summary>
/// The key of the first start, from <c>OptOut__BootstrapAdminKey</c>. It lives in memory only: taking it out of the
/// configuration revokes it.
/// </summary>
internal sealed record BootstrapKey(KnownKey? Key)
{
    public const string Setting = "OptOut:BootstrapAdminKey";

    /// <exception cref="ConfigurationException">The setting is there and is no well-formed key.</exception>
    public static BootstrapKey From(IConfiguration configuration)
    {
        var text = configuration[Setting];
        if (string.IsNullOrEmpty(text)) return new BootstrapKey((KnownKey?)null);
        if (!ApiKeyText.TryParse(text, out var key))
        {
            throw new ConfigurationException(
                ["OptOut__BootstrapAdminKey is not a key: oo_, 16 hex digits, _, 43 base64url characters."]);
        }

        return new BootstrapKey(new KnownKey
        {
            Caller = new Caller(key.Id, "bootstrap", new Roles(Roles.Bootstrap, null)),
            SecretHash = key.SecretHash,
            StaleAt = long.MaxValue,
        });
    }
}
