using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>
/// "May I?", ready to be looked up: a person by keyed hashes or by id, and a scope; or why it can only be answered with
/// unknown. Holds no identifier in clear.
/// </summary>
internal sealed class Question
{
    private Question(byte[][] lookupHashes, byte[][] feedHashes, Guid? subjectId, Scope scope, bool isTransactional)
    {
        LookupHashes = lookupHashes;
        FeedHashes = feedHashes;
        SubjectId = subjectId;
        Scope = scope;
        IsTransactional = isTransactional;
    }

    /// <summary>Under every key and in every form under which a stop would cover the person.</summary>
    public byte[][] LookupHashes { get; }

    /// <summary>The same under the feed keys, where the caller hashed.</summary>
    public byte[][] FeedHashes { get; }

    public Guid? SubjectId { get; }

    public Scope Scope { get; }

    /// <summary>Asked for a message that the person needs, such as a password reset.</summary>
    public bool IsTransactional { get; }

    /// <summary>Why the answer is unknown whatever the database says; null where it can be looked up.</summary>
    public string? Fault { get; private init; }

    public static Question ByIdentifier(byte[][] lookupHashes, Scope scope, bool isTransactional) =>
        new(lookupHashes, [], null, scope, isTransactional);

    public static Question ByFeedHash(byte[][] feedHashes, Scope scope, bool isTransactional) =>
        new([], feedHashes, null, scope, isTransactional);

    public static Question BySubject(Guid subjectId, Scope scope, bool isTransactional) =>
        new([], [], subjectId, scope, isTransactional);

    public static Question Unanswerable(string fault) => new([], [], null, default, false) { Fault = fault };
}
