using OptOut.Service.Access;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Decisions;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Checking;

/// <summary>
/// <c>POST /v1/suppressions/check</c>: up to 1,000 questions. What cannot be read is answered with unknown and never with
/// go; what is stopped is on record before it is answered.
/// </summary>
internal static class PostCheck
{
    public const int MaxItems = 1_000;

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);

    public static async Task<IResult> HandleAsync(
        HttpContext http, QuestionReader reader, QuestionDesk desk, QuestionLimiter limiter, DecisionRecorder recorder,
        DecisionTally tally)
    {
        var batch = await RequestBody.ReadItemsAsync(http, EnforcementJson.Strict.CheckItem, MaxItems);
        if (batch.Problem is not null)
            return batch.Problem;
        var caller = http.Caller();
        if (limiter.Take(http, caller.KeyId, batch.Items.Count) is { } refused)
            return refused;

        var questions = new Question[batch.Items.Count];
        for (var i = 0; i < questions.Length; i++)
            questions[i] = Read(reader, batch.Items[i]);
        if (RoleMissing(caller, questions) is { } missing)
            return missing;
        if (await desk.AskAsync(questions, http.RequestAborted) is not { } answers)
            return new Problem(ProblemKinds.Overloaded, RetryAfter: RetrySoon);

        await recorder.StoreAsync(caller.Actor, DraftsOf(questions, answers.Verdicts), http.RequestAborted);
        tally.Count(caller.Actor, DecisionModes.Check, questions, answers.Verdicts);
        await CheckAnswerWriter.WriteAsync(http, answers);
        return Results.Empty;
    }

    private static Question Read(QuestionReader reader, Body<CheckItem> item) => item.TryGet(out var asked, out _)
        ? reader.Read(new Asked(asked.Identifier, asked.SubjectId, asked.Purpose, asked.Channel, asked.MessageClass))
        : Question.Unanswerable(QuestionFaults.ItemUnreadable);

    /// <summary>Asking for an override takes a role of its own, and that role asks for nothing else.</summary>
    private static Problem? RoleMissing(Caller caller, Question[] questions)
    {
        foreach (var question in questions)
        {
            var needed = question.IsTransactional ? RoleSet.Transactional : RoleSet.Gate;
            if (!caller.Has(needed))
                return ProblemKinds.ScopeMissing.With(
                    $"One of these roles is needed: {string.Join(", ", Roles.WordsOf(needed))}.");
        }

        return null;
    }

    private static List<DecisionDraft> DraftsOf(Question[] questions, IReadOnlyList<Verdict> verdicts)
    {
        var drafts = new List<DecisionDraft>();
        for (var i = 0; i < questions.Length; i++)
        {
            if (verdicts[i].Covering is { } covering)
                drafts.Add(new DecisionDraft(covering, questions[i].Scope,
                    verdicts[i].IsOverride ? DecisionOutcomes.Overridden : DecisionOutcomes.Blocked, DecisionModes.Check));
        }

        return drafts;
    }
}
