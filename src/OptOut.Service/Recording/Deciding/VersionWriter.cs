using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Recording.Deciding;

/// <summary>Drafts the next version of an opt-out, and one delivery for each system that must hear of it.</summary>
internal sealed class VersionWriter(RecordingBook book, Drafts drafts)
{
    /// <param name="previous">The newest version of the opt-out; null makes a new opt-out of the survivor.</param>
    /// <param name="only">Where given, only the systems that it is true of are told.</param>
    public RecordState Append(
        SubjectState subject,
        RecordState? previous,
        Scope scope,
        string state,
        ActClaims claims,
        bool synthetic,
        string kind,
        RecordingContext context,
        DateTimeOffset now,
        Predicate<DownstreamSystem>? only = null,
        StopOrigin? origin = null)
    {
        var deliveries = Deliveries(subject, scope, now, only, origin);
        var draft = new RecordState
        {
            OptOutId = previous?.OptOutId ?? Guid.CreateVersion7(now),
            Version = (previous?.Version ?? 0) + 1,
            SubjectId = previous?.SubjectId ?? subject.Id,
            Scope = scope,
            State = state,
            OccurredAt = claims.OccurredAt ?? now,
            RecordedAt = now,
            ActorType = claims.ActorType,
            ActorId = claims.ActorId,
            OriginSystem = claims.OriginSystem,
            OriginMethod = claims.OriginMethod,
            ReasonCode = claims.ReasonCode,
            Regime = claims.Regime,
            Synthetic = synthetic,
            RecordHash = [],
            LedgerEntryId = Guid.CreateVersion7(now),
            RollUp = After(previous?.RollUp ?? default, deliveries, only is not null),
        };
        var payload = RecordPayload.Of(draft);
        var record = draft with { RecordHash = RecordPayload.Hash(payload) };
        book.Put(subject, record);
        drafts.Versions.Add(new VersionDraft(subject, record, kind, payload, context, deliveries));
        return record;
    }

    /// <summary>
    /// How far the new version is. One that only some systems need leaves what the others still owe;
    /// those it goes to are open again, so the counts are the least that is certain.
    /// </summary>
    private static RollUp After(RollUp previous, List<DeliveryDraft> deliveries, bool isPartial)
    {
        var closed = deliveries.Count(d => !d.HasIdentifier || d.Origin is not null);
        if (!isPartial)
            return new RollUp(deliveries.Count, deliveries.Count(d => d.Origin is not null), closed, 0, false);
        var open = deliveries.Count - closed;
        return previous with
        {
            Systems = Math.Max(previous.Systems, deliveries.Count),
            Applied = Math.Max(0, previous.Applied - open),
            Settled = Math.Max(0, previous.Settled - open),
        };
    }

    private List<DeliveryDraft> Deliveries(
        SubjectState subject, Scope scope, DateTimeOffset now, Predicate<DownstreamSystem>? only, StopOrigin? origin)
    {
        var drafted = new List<DeliveryDraft>();
        foreach (var system in book.Systems.TouchedBy(scope))
        {
            if (only is not null && !only(system))
                continue;
            var objective = system.Contract.ObjectiveSeconds ?? book.Purposes.ByName[scope.Purpose].ObjectiveSeconds;
            drafted.Add(new DeliveryDraft(Guid.CreateVersion7(now), system.Id, objective,
                system.Contract.Identifiers.Any(i => subject.IdentifierTypes.Contains(i.Type)),
                origin?.WordOf(system)));
        }

        return drafted;
    }
}

/// <summary>The system that a stop came from, and whether its message named all it could know the person by.</summary>
/// <param name="ToldAll">Of an identifier type: true where the message named every one that the person has.</param>
internal sealed record StopOrigin(OriginWord Word, Predicate<string> ToldAll)
{
    /// <summary>
    /// The system's word, where nothing is left to tell it. A person with further identifiers is told like to any other
    /// system: what comes back from there is a repeat, and so no circle.
    /// </summary>
    public OriginWord? WordOf(DownstreamSystem system) =>
        system.Id == Word.SystemId && system.Contract.Identifiers.All(i => ToldAll(i.Type)) ? Word : null;
}
