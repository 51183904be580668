using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>The names by which a batch asks for rows.</summary>
internal sealed record Wanted(
    byte[][] Hashes, Guid[] Subjects, Guid[] OptOuts, byte[][] Tokens, IdempotencyClaim[] Claims)
{
    public static Wanted Of(IReadOnlyList<RecordingWork> works, IdentifierHasher hasher)
    {
        var hashes = new HashSet<KeyedHash>();
        var subjects = new HashSet<Guid>();
        var optOuts = new HashSet<Guid>();
        var tokens = new List<byte[]>();
        foreach (var command in works.SelectMany(w => w.Commands))
        {
            switch (command)
            {
                case StopCommand stop:
                    AddSubject(stop.Subject);
                    break;
                case SystemTestCommand test:
                    AddSubject(test.Subject);
                    break;
                case EnsureSubjectCommand ensure:
                    AddSubject(ensure.Subject);
                    break;
                case LinkCommand link:
                    subjects.Add(link.SubjectId);
                    AddIdentifier(link.Identifier);
                    break;
                case EraseCommand erase:
                    subjects.Add(erase.SubjectId);
                    break;
                case RetellCommand retell:
                    optOuts.Add(retell.OptOutId);
                    break;
                case ReversalCommand reversal:
                    optOuts.Add(reversal.OptOutId);
                    tokens.Add(reversal.TokenHash);
                    break;
            }
        }

        return new Wanted([.. hashes.Select(h => h.Value)], [.. subjects], [.. optOuts], [.. tokens],
            [.. works.Select(w => w.Claim).OfType<IdempotencyClaim>()]);

        void AddSubject(SubjectReference reference)
        {
            if (reference.Id is { } id)
                subjects.Add(id);
            foreach (var identifier in reference.Identifiers)
                AddIdentifier(identifier);
        }

        void AddIdentifier(NormalisedIdentifier identifier) =>
            hashes.UnionWith(hasher.ForMatching(KeyUse.Lookup, identifier.Type, identifier.Value));
    }
}
