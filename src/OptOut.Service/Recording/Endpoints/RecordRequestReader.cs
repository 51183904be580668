using System.Text.RegularExpressions;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Recording.Endpoints;

/// <summary>Turns a body into a command, or names every fault of it at once. No fault repeats what was sent.</summary>
internal sealed partial class RecordRequestReader(
    IdentifierNormaliser normaliser, PurposeDirectory purposes, TimeProvider clock)
{
    private const int MaxIdentifiers = 20;

    /// <summary>A client's clock may be this much ahead of ours.</summary>
    private static readonly TimeSpan AllowedSkew = TimeSpan.FromMinutes(5);

    /// <summary>Before it there was nothing electronic to opt out of; such a time is a broken clock.</summary>
    private static readonly DateTimeOffset EarliestClaim = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] ActorTypes = ["subject", "agent", "operator", "system"];

    private const string Probe = "probe";

    private static readonly string[] Methods =
        ["api", "page", "link", "one_click", "gpc", "agent", "import", "vendor"];

    public async ValueTask<(StopCommand? Command, Problem? Problem)> ReadAsync(
        RecordRequest request, string callerName, RecordingContext context, CancellationToken cancellationToken)
    {
        if (request.Origin?.Method == Probe && !context.IsProbe)
            return (null, RecordingProblems.ProbeReserved.With());

        var faults = new List<FieldError>();
        var subject = ReadSubject(request.Subject, "/subject", faults);
        var scope = await ReadScopeAsync(request.Scope, "/scope", faults, cancellationToken);
        var claims = ReadClaims(request, callerName, faults);
        return faults.Count > 0
            ? (null, new Problem(ProblemKinds.ValidationFailed, Errors: faults))
            : (new StopCommand(subject!, scope!.Value, claims, Synthetic: context.IsProbe, context), null);
    }

    /// <summary>The person named; null where a fault was added.</summary>
    public SubjectReference? ReadSubject(SubjectRequest subject, string pointer, List<FieldError> faults)
    {
        var identifiers = subject.Identifiers;
        if ((subject.Id is null) == (identifiers is null))
        {
            faults.Add(new FieldError(pointer, "subject_ambiguous", "Give either id or identifiers."));
            return null;
        }

        if (subject.Id is not null)
        {
            if (PublicId.TryParse(subject.Id, PublicId.Subject, out var id))
                return SubjectReference.ById(id);
            faults.Add(new FieldError(pointer + "/id", "id_malformed", "A subject's id is sub_ and 32 hex digits."));
            return null;
        }

        if (identifiers!.Count is 0 or > MaxIdentifiers)
        {
            faults.Add(new FieldError(pointer + "/identifiers", "identifier_count", "Give 1 to 20 identifiers."));
            return null;
        }

        var normalised = new List<NormalisedIdentifier>(identifiers.Count);
        for (var i = 0; i < identifiers.Count; i++)
        {
            if (ReadIdentifier(identifiers[i], $"{pointer}/identifiers/{i}", faults) is { } identifier)
                normalised.Add(identifier);
        }

        return normalised.Count == identifiers.Count ? SubjectReference.By(normalised) : null;
    }

    /// <summary>The identifier in its canonical form; null where a fault was added.</summary>
    public NormalisedIdentifier? ReadIdentifier(IdentifierRequest? request, string pointer, List<FieldError> faults)
    {
        if (request is null)
        {
            faults.Add(new FieldError(pointer, "member_required", "An identifier has a type and a value."));
            return null;
        }

        if (normaliser.TryNormalise(request.Type, request.Value, out var identifier, out var refusal))
            return identifier;
        faults.Add(new FieldError(
            pointer + (normaliser.IsKnownType(request.Type) ? "/value" : "/type"), refusal!.Code, refusal.Detail));
        return null;
    }

    /// <summary>The scope; null where a fault was added.</summary>
    public async ValueTask<Scope?> ReadScopeAsync(
        ScopeRequest request, string pointer, List<FieldError> faults, CancellationToken cancellationToken)
    {
        var channel = request.Channel ?? Channels.Any;
        var known = Channels.IsKnown(channel);
        if (!known)
            faults.Add(new FieldError(pointer + "/channel", "channel_unknown",
                "A channel is one of email, sms, phone, post, push, ads, any."));
        if (!ScopeRules.IsPurposeName(request.Purpose)
            || !await purposes.ExistsAsync(request.Purpose, cancellationToken))
        {
            faults.Add(new FieldError(pointer + "/purpose", "purpose_unknown", "No purpose has this name."));
            return null;
        }

        return known ? new Scope(request.Purpose, channel) : null;
    }

    private ActClaims ReadClaims(RecordRequest request, string callerName, List<FieldError> faults)
    {
        var actorType = request.Actor?.Type ?? "subject";
        if (!ActorTypes.Contains(actorType))
            faults.Add(new FieldError("/actor/type", "actor_type_unknown", "One of subject, agent, operator, system."));
        if (request.Actor?.Id is { } actorId && !OpaqueId().IsMatch(actorId))
            faults.Add(new FieldError("/actor/id", "actor_id_malformed",
                "1 to 128 of letters, digits and . _ : -, an opaque id and never an address."));

        var method = request.Origin?.Method ?? "api";
        if (!Methods.Contains(method) && method != Probe)
            faults.Add(new FieldError("/origin/method", "origin_method_unknown", "Not one of the documented methods."));
        if (request.Origin?.System is { } system && !OpaqueId().IsMatch(system))
            faults.Add(new FieldError("/origin/system", "origin_system_malformed",
                "1 to 128 of letters, digits and . _ : -."));

        var reason = request.Reason?.Code ?? "user_request";
        if (!Code().IsMatch(reason))
            faults.Add(new FieldError("/reason/code", "reason_malformed", "1 to 64 of a-z, 0-9, _ and the dot."));
        if (request.Regime is { } regime && !Code().IsMatch(regime))
            faults.Add(new FieldError("/regime", "regime_malformed", "1 to 64 of a-z, 0-9, _ and the dot."));

        var now = clock.GetUtcNow();
        if (request.OccurredAt > now + AllowedSkew)
            faults.Add(new FieldError("/occurredAt", "occurred_at_in_future", "More than five minutes ahead of our clock."));
        if (request.OccurredAt < EarliestClaim)
            faults.Add(new FieldError("/occurredAt", "occurred_at_absurd", "Before 1990."));

        return new ActClaims(
            request.OccurredAt is { } at ? Milliseconds.Truncate(at) : null,
            actorType, request.Actor?.Id, request.Origin?.System ?? SystemNameOf(callerName), method, reason, request.Regime);
    }

    /// <summary>A key's name is free text; what stands in a record is an opaque name.</summary>
    private static string SystemNameOf(string callerName) => OpaqueId().IsMatch(callerName) ? callerName : "api";

    [GeneratedRegex(@"\A[A-Za-z0-9._:-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex OpaqueId();

    [GeneratedRegex(@"\A[a-z0-9_.]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}
