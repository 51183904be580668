using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Portal.Gpc;

/// <summary>
/// <c>POST /gpc</c>: do not sell or share. The browser needs no key and is asked nothing; a shop that knows the person
/// sends its recorder key and their identifiers as well. It is not a deletion request.
/// </summary>
internal static class PostGpc
{
    public const string Path = "/gpc";
    public const string Method = "gpc";

    private const string Notice = "Opt-Out Request Honored";
    private const string DefaultRegime = "ccpa";

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);
    private static readonly ScopeRequest SaleOrShare = new("sale_or_share", Channels.Any);

    public static readonly ProblemKind SignalAbsent = new(400, "gpc_signal_absent", "The signal is not there.",
        "Sec-GPC must be the one character 1; any other value counts as absent. Nothing was recorded.");

    public static async Task<IResult> HandleAsync(HttpContext http, RecordRequestReader reader, RecordingWriter writer)
    {
        GpcCors.Allow(http.Response);
        if (!GpcSignal.IsSet(http.Request.Headers))
            return SignalAbsent.With();
        var body = await RequestBody.ReadAsync(http, PortalJson.Strict.GpcRequest);
        if (!body.TryGet(out var request, out var problem))
            return problem;
        if (request.Identifiers is not null && http.TryCaller()?.Has(RoleSet.Recorder) != true)
            return ProblemKinds.ScopeMissing.With("Identifiers need a key of role recorder.");
        if (request.DeviceId is null && request.Identifiers is null)
            return ProblemKinds.ValidationFailed.At("/deviceId", "member_required", "The device's id is needed.");

        var context = new RecordingContext(http.TryCaller()?.Actor ?? PortalActor.Name, Activity.Current?.Id);
        var (command, refused) = await reader.ReadAsync(
            ActOf(request), http.TryCaller()?.Name ?? "portal", context, http.RequestAborted);
        if (command is null)
            return AtItsPlace(refused!, request);
        return await writer.SubmitOneAsync(command, http.RequestAborted) switch
        {
            RecordedOutcome recorded => Answer(recorded),
            RefusedOutcome outcome => RecordingProblems.Of(outcome),
            _ => new Problem(ProblemKinds.Overloaded, RetryAfter: RetrySoon),
        };
    }

    /// <summary>The signal as the stop that it means, so that one reader holds every rule of recording.</summary>
    private static RecordRequest ActOf(GpcRequest request)
    {
        List<IdentifierRequest> identifiers = [.. request.Identifiers ?? []];
        if (request.DeviceId is { } deviceId)
            identifiers.Add(new IdentifierRequest(IdentifierTypes.DeviceId, deviceId));
        return new RecordRequest(new SubjectRequest(Identifiers: identifiers), SaleOrShare,
            Origin: new OriginRequest(Method: Method), Regime: request.Regime ?? DefaultRegime);
    }

    /// <summary>The same faults, pointing into the body that was sent.</summary>
    private static Problem AtItsPlace(Problem problem, GpcRequest request)
    {
        const string Subject = "/subject";
        var device = string.Create(
            CultureInfo.InvariantCulture, $"{Subject}/identifiers/{request.Identifiers?.Count ?? 0}/");
        return problem with
        {
            Errors = problem.Errors?.Select(fault => fault with
            {
                Where = fault.Where.StartsWith(device, StringComparison.Ordinal) ? "/deviceId"
                    : fault.Where.StartsWith(Subject, StringComparison.Ordinal) ? fault.Where[Subject.Length..]
                    : fault.Where,
            }).ToList(),
        };
    }

    private static JsonHttpResult<GpcView> Answer(RecordedOutcome outcome) => TypedResults.Json(
        new GpcView(
            Honored: true, Notice, new ScopeView(outcome.Record.Scope.Purpose, outcome.Record.Scope.Channel),
            outcome.Record.RecordedAt),
        PortalJson.Strict.GpcView,
        statusCode: outcome.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
}
