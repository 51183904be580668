namespace OptOut.Service.Enforcement.Asking;

/// <summary>Whom a question is about: exactly one of identifier and subject id.</summary>
/// <param name="Type">The identifier's type, such as <c>email</c>. Not needed with a hash.</param>
/// <param name="Value">The identifier as the person wrote it; it is normalised here.</param>
/// <param name="Hash">Instead of the value: the keyed hash under a feed key, 64 lower-case hex digits.</param>
/// <param name="UntaggedHash">For a tagged e-mail address that was hashed: the hash of the untagged form.</param>
/// <param name="KeyId">The feed key that made the hashes.</param>
public sealed record AskedIdentifier(
    string? Type = null, string? Value = null, string? Hash = null, string? UntaggedHash = null, string? KeyId = null)
{
    // The compiler's own text would print the person's address wherever a record is printed.
    public override string ToString() => Type ?? "";
}

/// <summary>The members that every question has, wherever it stands.</summary>
internal readonly record struct Asked(
    AskedIdentifier? Identifier, string? SubjectId, string? Purpose, string? Channel, string? MessageClass);
