using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Recording.Deciding;

/// <summary>A person, and the identifier types that joined them in this command (empty where nothing joined).</summary>
internal readonly record struct ResolvedSubject(SubjectState Subject, IReadOnlySet<string> JoinedTypes);

/// <summary>Finds the person that identifiers belong to, makes a new one, or finds that two were one all along.</summary>
internal sealed class SubjectResolver(RecordingBook book, IdentifierHasher hasher, Drafts drafts)
{
    private static readonly IReadOnlySet<string> None = new HashSet<string>();

    /// <summary>The person referred to, made where identifiers are new; null where an id is unknown.</summary>
    public ResolvedSubject? Resolve(SubjectReference reference, RecordingContext context, bool synthetic, DateTimeOffset now)
    {
        if (reference.Id is { } id)
            return book.BySubject(id) is { } known ? new ResolvedSubject(known, None) : null;

        var oldest = reference.Identifiers.Select(Find).OfType<SubjectState>().MinBy(s => s.Id);
        if (oldest is not null)
            return Join(oldest, reference.Identifiers, context, now);

        var subject = book.Add(new SubjectState(Guid.CreateVersion7(now), isNew: true));
        drafts.Subjects.Add(new SubjectDraft(subject, synthetic, now));
        foreach (var identifier in reference.Identifiers)
            Attach(subject, identifier, now);
        // A person made just now has no stop that the identifiers could join.
        return new ResolvedSubject(subject, None);
    }

    /// <summary>Adds the identifiers to the person; one that belongs to another person merges the two.</summary>
    public ResolvedSubject Join(
        SubjectState subject, IReadOnlyList<NormalisedIdentifier> identifiers, RecordingContext context, DateTimeOffset now)
    {
        var joined = new HashSet<string>(StringComparer.Ordinal);
        foreach (var identifier in identifiers)
        {
            var owner = Find(identifier);
            if (owner is null)
            {
                Attach(subject, identifier, now);
                joined.Add(identifier.Type);
            }
            else if (owner != subject)
            {
                // The older person survives, so that the answer does not depend on the order of identifiers.
                var (survivor, loser) = owner.Id.CompareTo(subject.Id) < 0 ? (owner, subject) : (subject, owner);
                joined.UnionWith(survivor.IdentifierTypes);
                joined.UnionWith(loser.IdentifierTypes);
                book.Merge(loser, survivor);
                drafts.Merges.Add(new MergeDraft(loser.Id, survivor, context, now));
                subject = survivor;
            }
        }

        return new ResolvedSubject(subject, joined);
    }

    private SubjectState? Find(NormalisedIdentifier identifier)
    {
        foreach (var hash in hasher.ForMatching(KeyUse.Lookup, identifier.Type, identifier.Value))
        {
            if (book.ByHash(hash) is { } subject)
                return subject;
        }

        return null;
    }

    private void Attach(SubjectState subject, NormalisedIdentifier identifier, DateTimeOffset now)
    {
        var hash = hasher.Current(KeyUse.Lookup, identifier.Type, identifier.Value);
        if (book.ByHash(hash) is not null)
            return; // The same identifier named twice in one request.
        book.AddHash(hash, subject);
        subject.AddIdentifier(identifier.Type);
        drafts.Identifiers.Add(new IdentifierDraft(subject, identifier, hash, now));
    }
}
