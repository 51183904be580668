using System.Text.Json;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording.Endpoints;

/// <summary>The refusals of recording.</summary>
internal static class RecordingProblems
{
    public static readonly ProblemKind ProbeReserved = new(403, "probe_reserved", "Probes are the service's own.",
        "Only the probe's internal key records with the method probe.");

    public static readonly ProblemKind OverrideForbidden = new(403, "opt_out.override_forbidden",
        "Nobody but the subject lifts a stop.",
        "A reversal needs a key of role portal and the subject's own token. No other role can weaken a stop.");

    public static readonly ProblemKind EvidenceInvalid = new(422, "evidence_invalid", "The evidence proves nothing.",
        "The token is unknown, spent, expired, or belongs to another person or scope. Make a new reversal link.");

    public static readonly ProblemKind CoveredByBroaderStop = new(409, "covered_by_broader_stop",
        "A broader stop stands.", "Most restrictive wins: lift the broader stop that coveredBy names, or leave it.");

    public static readonly ProblemKind NotStanding = new(409, "not_standing", "This stop has been lifted already.",
        "Only a standing stop can be lifted.");

    public static Problem Of(RefusedOutcome refused) => refused.Refusal switch
    {
        RecordingRefusal.SubjectUnknown => ProblemKinds.ValidationFailed.At(
            "/subject/id", "subject_unknown", "No person has this id. Record by identifiers instead."),
        RecordingRefusal.PurposeUnknown => ProblemKinds.ValidationFailed.At(
            "/scope/purpose", "purpose_unknown", "No purpose has this name."),
        RecordingRefusal.OptOutUnknown => ProblemKinds.NotFound.With(),
        RecordingRefusal.VersionStale => ProblemKinds.PreconditionFailed.With(),
        RecordingRefusal.EvidenceInvalid => EvidenceInvalid.With(),
        RecordingRefusal.NotStanding => NotStanding.With(),
        RecordingRefusal.CoveredByBroaderStop => new Problem(CoveredByBroaderStop,
            Members: new Dictionary<string, JsonElement>
            {
                ["coveredBy"] = JsonSerializer.SerializeToElement(
                    new ScopeView(refused.CoveredBy!.Value.Purpose, refused.CoveredBy.Value.Channel),
                    RecordingJson.Strict.ScopeView),
            }),
        _ => throw new InvalidOperationException($"No problem for {refused.Refusal}."),
    };
}
