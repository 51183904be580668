using System.Buffers;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Contracts.Identifiers;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>From what a caller wrote to a question. What cannot be read becomes a question that is answered with unknown.</summary>
internal sealed class QuestionReader(IdentifierNormaliser normaliser, IdentifierHasher hasher, KeyRing ring)
{
    public const string Transactional = "transactional";

    private const int HexDigits = 2 * KeyRing.HashBytes;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    public Question Read(in Asked asked)
    {
        if (!Channels.IsKnown(asked.Channel))
            return Question.Unanswerable(QuestionFaults.ChannelUnknown);
        if (!ScopeRules.IsPurposeName(asked.Purpose))
            return Question.Unanswerable(QuestionFaults.PurposeUnknown);
        if (asked.MessageClass is not (null or Transactional))
            return Question.Unanswerable(QuestionFaults.MessageClassUnknown);
        var scope = new Scope(asked.Purpose!, asked.Channel!);
        var isTransactional = asked.MessageClass is not null;
        if ((asked.Identifier is null) == (asked.SubjectId is null))
            return Question.Unanswerable(QuestionFaults.SubjectAmbiguous);
        if (asked.Identifier is { } identifier)
            return identifier.Hash is null
                ? OfValue(identifier, scope, isTransactional)
                : OfHash(identifier, scope, isTransactional);
        return PublicId.TryParse(asked.SubjectId, PublicId.Subject, out var subjectId)
            ? Question.BySubject(subjectId, scope, isTransactional)
            : Question.Unanswerable(QuestionFaults.SubjectMalformed);
    }

    private Question OfValue(AskedIdentifier asked, Scope scope, bool isTransactional)
    {
        if (asked.Type is null || asked.Value is null || asked.UntaggedHash is not null || asked.KeyId is not null
            || !normaliser.TryNormalise(asked.Type, asked.Value, out var identifier, out _))
            return Question.Unanswerable(QuestionFaults.IdentifierUnreadable);
        return Question.ByIdentifier(hasher.Forms(KeyUse.Lookup, identifier), scope, isTransactional);
    }

    private Question OfHash(AskedIdentifier asked, Scope scope, bool isTransactional)
    {
        // A hash under a key that is not ours matches nobody, and matching nobody would be go.
        if (asked.KeyId is null || !ring.Knows(asked.KeyId))
            return Question.Unanswerable(QuestionFaults.FeedKeyUnknown);
        if (asked.Value is not null || !TryReadHash(asked.Hash, out var hash))
            return Question.Unanswerable(QuestionFaults.IdentifierUnreadable);
        if (asked.UntaggedHash is null)
            return Question.ByFeedHash([hash], scope, isTransactional);
        return TryReadHash(asked.UntaggedHash, out var untagged)
            ? Question.ByFeedHash([hash, untagged], scope, isTransactional)
            : Question.Unanswerable(QuestionFaults.IdentifierUnreadable);
    }

    private static bool TryReadHash(string? text, out byte[] hash)
    {
        hash = [];
        if (text?.Length != HexDigits || text.AsSpan().ContainsAnyExcept(LowerHex))
            return false;
        hash = Convert.FromHexString(text);
        return true;
    }
}
