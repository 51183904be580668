namespace OptOut.Service.Access;

/// <summary>
/// The key under which this process asks itself, as a probe does: made anew at each start, in memory only, known to nobody
/// else. It alone may record with method <c>probe</c>.
/// </summary>
internal sealed class InternalKey
{
    public InternalKey()
    {
        var id = ApiKeyText.NewId();
        var (text, hash) = ApiKeyText.NewSecret(id);
        Text = text;
        Key = new KnownKey
        {
            Caller = new Caller(id, "probe", new Roles(RoleSet.Recorder | RoleSet.Reader | RoleSet.Gate, null)) { IsProbe = true },
            SecretHash = hash,
            StaleAt = long.MaxValue,
        };
    }

    public KnownKey Key { get; }

    /// <summary>The whole key; it never leaves this process but over its own loopback connection.</summary>
    public string Text { get; }
}
