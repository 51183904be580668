using OptOut.Service.Access;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>
/// <c>POST /v1/decisions</c>: what gates and senders did. Each is stored against the version that stood at its time; what no
/// stop covers is only counted.
/// </summary>
internal static class PostDecisions
{
    public const int MaxItems = 1_000;

    public static async Task<IResult> HandleAsync(
        HttpContext http, ReportReader reader, PurposeDirectory purposes, PastQueries past, QuestionLimiter limiter,
        DecisionRecorder recorder, DecisionTally tally)
    {
        var batch = await RequestBody.ReadItemsAsync(http, EnforcementJson.Strict.DecisionItem, MaxItems);
        if (batch.Problem is not null)
            return batch.Problem;
        var caller = http.Caller();
        if (limiter.Take(http, caller.KeyId, batch.Items.Count) is { } refused)
            return refused;

        var tree = await purposes.FreshAsync(http.RequestAborted);
        var results = new DecisionResult[batch.Items.Count];
        var reports = new List<(int Place, Report Report)>(results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            var (report, problem) = batch.Items[i].TryGet(out var item, out var fault) ? reader.Read(item, tree) : (null, fault);
            if (report is not null)
                reports.Add((i, report));
            else
                results[i] = new DecisionResult(problem!.Kind.Status, Problem: ProblemDocument.From(problem, http));
        }

        await StoreAsync(http, reports, results, (past, recorder, tally));
        return TypedResults.Json(new DecisionsAnswer(results), EnforcementJson.Strict.DecisionsAnswer,
            statusCode: StatusCodes.Status207MultiStatus);
    }

    private static async Task StoreAsync(
        HttpContext http, List<(int Place, Report Report)> reports, DecisionResult[] results,
        (PastQueries Past, DecisionRecorder Recorder, DecisionTally Tally) desk)
    {
        var stood = await desk.Past.StoodAsync(
            [.. reports.Select(r => (r.Report.Question, r.Report.At))], http.RequestAborted);
        var askedBy = http.Caller().Actor;
        var drafts = new List<DecisionDraft>(reports.Count);
        var places = new List<int>(reports.Count);
        for (var i = 0; i < reports.Count; i++)
        {
            var (place, report) = reports[i];
            results[place] = new DecisionResult(StatusCodes.Status200OK);
            if (Covering(report, stood[i]) is not { } covering)
            {
                // Sent without a stop is a go; blocked without one is a gate that kept on the safe side.
                var isGo = report.Outcome == DecisionOutcomes.Sent;
                desk.Tally.Count(askedBy, report.Mode, report.Question.Scope, (0, isGo ? 1 : 0, isGo ? 0 : 1));
                continue;
            }

            drafts.Add(new DecisionDraft(
                covering, report.Question.Scope, report.Outcome, report.Mode, report.At, report.MessageId));
            places.Add(place);
        }

        var stored = await desk.Recorder.StoreAsync(askedBy, drafts, http.RequestAborted);
        for (var i = 0; i < stored.Length; i++)
        {
            if (stored[i] is { } id)
                results[places[i]] = new DecisionResult(
                    StatusCodes.Status201Created, PublicId.Format(EnforcementIds.Decision, id));
        }
    }

    /// <summary>
    /// The stop that had been pressed when it happened. What left before the press is no leak; what was held back is
    /// stored against what stands now where the sender's clock is a little behind.
    /// </summary>
    private static StandingStop? Covering(Report report, List<StandingStop>? stood)
    {
        if (stood is null)
            return null;
        var atTheTime = Verdict.Nearest(stood.Where(stop => stop.EffectiveFrom <= report.At), report.Question.Scope);
        return atTheTime ?? (report.Outcome == DecisionOutcomes.Sent ? null : Verdict.Nearest(stood, report.Question.Scope));
    }
}
