using OptOut.Service.Audit;
using OptOut.Service.Purposes;
using OptOut.Service.Subjects.Erasure;

namespace OptOut.Service.Recording.Deciding;

/// <summary>
/// The rules of recording, without I/O: most restrictive wins, versions without gaps, only the subject lifts a stop.
/// Commands are decided in order, each on the state that the one before it left.
/// </summary>
internal sealed class RecordingDecider(RecordingBook book, SubjectResolver subjects, VersionWriter versions, Drafts drafts)
{
    public RecordingOutcome Decide(RecordingCommand command, DateTimeOffset now) => command switch
    {
        StopCommand stop => Stop(stop, now),
        ReversalCommand reversal => Reverse(reversal, now),
        LinkCommand link => Link(link, now),
        RetellCommand retell => Retell(retell, now),
        SystemTestCommand test => Test(test, now),
        EnsureSubjectCommand ensure => Ensure(ensure, now),
        EraseCommand erase => Erase(erase, now),
        _ => throw new InvalidOperationException($"No rule for {command.GetType().Name}."),
    };

    private RecordingOutcome Stop(StopCommand command, DateTimeOffset now)
    {
        if (!book.Purposes.Contains(command.Scope.Purpose))
            return new RefusedOutcome(RecordingRefusal.PurposeUnknown);
        if (subjects.Resolve(command.Subject, command.Context, command.Synthetic, now) is not { } resolved)
            return new RefusedOutcome(RecordingRefusal.SubjectUnknown);

        var (subject, joined) = resolved;
        var reissued = Reissue(subject, joined, command.Context, now);
        if (reissued.Find(r => r.Scope == command.Scope) is { } renewed)
        {
            // The new version is ours, for the identifier; that the person said it again is their act, and ledgered too.
            drafts.Reaffirmed.Add(new ReaffirmedDraft(subject, renewed, command.Context, now));
            return new RecordedOutcome(renewed, IsNew: true);
        }

        if (subject.StandingAt(command.Scope) is { } standing)
        {
            drafts.Reaffirmed.Add(new ReaffirmedDraft(subject, standing, command.Context, now));
            return new RecordedOutcome(standing, IsNew: false);
        }

        var record = versions.Append(subject, subject.Own(command.Scope), command.Scope, RecordState.OptedOut,
            command.Claims, command.Synthetic || subject.IsSynthetic, LedgerKinds.Recorded, command.Context, now,
            origin: OriginOf(command, subject));
        return new RecordedOutcome(record, IsNew: true);
    }

    /// <summary>The message by which the stop came, and what it told of the person.</summary>
    private static StopOrigin? OriginOf(StopCommand command, SubjectState subject) => command.Origin is not { } word
        ? null
        : new StopOrigin(word, type => subject.CountOf(type)
            <= command.Subject.Identifiers.Where(i => i.Type == type).Distinct().Count());

    private RecordingOutcome Reverse(ReversalCommand command, DateTimeOffset now)
    {
        if (book.ByOptOut(command.OptOutId) is not { } subject || subject.Newest(command.OptOutId) is not { } current)
            return new RefusedOutcome(RecordingRefusal.OptOutUnknown);
        if (command.ExpectedVersion is { } expected && current.Version != expected)
            return new RefusedOutcome(RecordingRefusal.VersionStale, CurrentVersion: current.Version);
        if (book.Token(command.TokenHash) is not { Usable: true } token
            || book.BySubject(token.SubjectId) != subject || token.Scope != current.Scope)
            return new RefusedOutcome(RecordingRefusal.EvidenceInvalid);
        if (!current.Stands)
            return new RefusedOutcome(RecordingRefusal.NotStanding);
        if (subject.BroaderThan(current.Scope) is { } broader)
            return new RefusedOutcome(RecordingRefusal.CoveredByBroaderStop, broader.Scope);

        book.AddToken(command.TokenHash, token with { Usable = false });
        drafts.UsedTokens.Add(command.TokenHash);
        // Lifting a scope lifts what stands at it and below it, in every merged member, at once.
        var lifted = subject.Standing.Where(r => ScopeRules.Covers(current.Scope, r.Scope)).ToList();
        RecordState? answer = null;
        foreach (var standing in lifted)
        {
            var record = versions.Append(subject, standing, standing.Scope, RecordState.OptedIn,
                command.Claims, standing.Synthetic, LedgerKinds.Reversed, command.Context, now);
            if (record.OptOutId == command.OptOutId)
                answer = record;
        }

        return new RecordedOutcome(answer!, IsNew: true);
    }

    private RecordingOutcome Link(LinkCommand command, DateTimeOffset now)
    {
        if (book.BySubject(command.SubjectId) is not { } known)
            return new RefusedOutcome(RecordingRefusal.SubjectUnknown);

        var (subject, joined) = subjects.Join(known, [command.Identifier], command.Context, now);
        Reissue(subject, joined, command.Context, now);
        return new SubjectOutcome(subject.Id, [.. subject.IdentifierTypes.Order(StringComparer.Ordinal)], joined.Count > 0);
    }

    private RecordingOutcome Ensure(EnsureSubjectCommand command, DateTimeOffset now)
    {
        if (subjects.Resolve(command.Subject, command.Context, synthetic: false, now) is not { } resolved)
            return new RefusedOutcome(RecordingRefusal.SubjectUnknown);

        var (subject, joined) = resolved;
        Reissue(subject, joined, command.Context, now);
        return new SubjectOutcome(subject.Id, [.. subject.IdentifierTypes.Order(StringComparer.Ordinal)], joined.Count > 0);
    }

    /// <summary>Each standing stop gets a last version that tells of it; nothing is lifted.</summary>
    private RecordingOutcome Erase(EraseCommand command, DateTimeOffset now)
    {
        if (book.BySubject(command.SubjectId) is not { } subject)
            return new RefusedOutcome(RecordingRefusal.SubjectUnknown);

        var row = new ErasureRow(
            Guid.CreateVersion7(now), subject.Id, ErasureRows.Waiting, now, now + ErasureRows.Longest, 0, null, null);
        drafts.Erasures.Add(new ErasureDraft(row, command.Context));
        foreach (var standing in subject.Standing.ToList())
        {
            var claims = new ActClaims(null, "system", null, "optout", "api", ErasureRows.ReasonCode, standing.Regime);
            versions.Append(subject, standing, standing.Scope, RecordState.OptedOut, claims, standing.Synthetic,
                LedgerKinds.Recorded, command.Context, now);
        }

        return new ErasureOutcome(row);
    }

    private RecordingOutcome Retell(RetellCommand command, DateTimeOffset now)
    {
        if (book.ByOptOut(command.OptOutId) is not { } subject || subject.Newest(command.OptOutId) is not { } current)
            return new RefusedOutcome(RecordingRefusal.OptOutUnknown);
        if (current.Version != command.ExpectedVersion)
            return new RefusedOutcome(RecordingRefusal.VersionStale, CurrentVersion: current.Version);
        if (!current.Stands)
            return new RefusedOutcome(RecordingRefusal.NotStanding);
        var claims = new ActClaims(null, "system", null, "optout", "api", "contract_widened", current.Regime);
        var record = versions.Append(subject, current, current.Scope, RecordState.OptedOut, claims, current.Synthetic,
            LedgerKinds.Recorded, command.Context, now, system => system.Id == command.SystemId);
        return new RecordedOutcome(record, IsNew: true);
    }

    private RecordingOutcome Test(SystemTestCommand command, DateTimeOffset now)
    {
        if (subjects.Resolve(command.Subject, command.Context, synthetic: true, now) is not { } resolved)
            return new RefusedOutcome(RecordingRefusal.SubjectUnknown);

        var (subject, _) = resolved;
        var own = subject.Own(command.Scope);
        if (own is not null && now - own.RecordedAt < command.Pause)
            return new RecordedOutcome(own, IsNew: false);
        var claims = new ActClaims(null, "operator", null, "optout", "probe", "system_test", null);
        var record = versions.Append(subject, own, command.Scope, RecordState.OptedOut, claims, synthetic: true,
            LedgerKinds.Recorded, command.Context, now, system => system.Id == command.SystemId);
        return new RecordedOutcome(record, IsNew: true);
    }

    /// <summary>
    /// An identifier that joined a person falls under every stop that stands: each gets a new version,
    /// told to the systems that use an identifier of that type.
    /// </summary>
    private List<RecordState> Reissue(
        SubjectState subject, IReadOnlySet<string> joinedTypes, RecordingContext context, DateTimeOffset now)
    {
        if (joinedTypes.Count == 0)
            return [];

        var reissued = new List<RecordState>();
        foreach (var group in subject.Standing.GroupBy(r => r.Scope).ToList())
        {
            var standing = subject.StandingAt(group.Key)!;
            var claims = new ActClaims(null, "system", null, "optout", "api", "identifier_linked", standing.Regime);
            reissued.Add(versions.Append(subject, subject.Own(group.Key), group.Key, RecordState.OptedOut, claims,
                standing.Synthetic, LedgerKinds.Recorded, context, now,
                system => system.Contract.Identifiers.Any(i => joinedTypes.Contains(i.Type))));
        }

        return reissued;
    }
}
