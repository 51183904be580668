namespace OptOut.Service.Platform.Keys;

/// <summary>What a derived key is for. One use never sees another's key.</summary>
internal enum KeyUse
{
    /// <summary>The database's index of identifiers.</summary>
    Lookup,

    /// <summary>The hashes that gates hold.</summary>
    Feed,

    /// <summary>Wrapping the keys of subjects.</summary>
    Wrap,

    /// <summary>The synthetic nonce of unsubscribe links.</summary>
    Link,

    /// <summary>The encryption of unsubscribe links.</summary>
    LinkSeal,

    /// <summary>The signature of list cursors.</summary>
    Cursor,

    /// <summary>Secrets of systems at rest.</summary>
    Secret,
}
