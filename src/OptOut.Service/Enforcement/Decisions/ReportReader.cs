using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>A report that could be read.</summary>
internal sealed record Report(Question Question, string Outcome, string Mode, DateTimeOffset At, string? MessageId);

/// <summary>Turns an item into a report, or names every fault of it. No fault repeats what was sent.</summary>
internal sealed class ReportReader(QuestionReader questions, MessageIds messageIds, TimeProvider clock)
{
    /// <summary>A sender's clock may be this much ahead of ours.</summary>
    private static readonly TimeSpan AllowedSkew = TimeSpan.FromMinutes(5);

    /// <summary>A message that left longer ago is not reported any more: it is a broken clock.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(366);

    public (Report? Report, Problem? Problem) Read(DecisionItem item, PurposeTree purposes)
    {
        var faults = new List<FieldError>();
        var question = questions.Read(
            new Asked(item.Identifier, item.SubjectId, item.Purpose, item.Channel, MessageClass: null));
        var fault = question.Fault
            ?? (purposes.Contains(question.Scope.Purpose) ? null : QuestionFaults.PurposeUnknown);
        if (fault is not null)
            faults.Add(new FieldError(Where(fault), fault, "The item does not name a person and a scope that can be read."));
        if (item.Outcome is not (DecisionOutcomes.Blocked or DecisionOutcomes.Cancelled or DecisionOutcomes.Sent))
            faults.Add(new FieldError("/outcome", "outcome_unknown", "One of blocked, cancelled, sent."));
        if (item.Mode is not (null or DecisionModes.Gate or DecisionModes.Live))
            faults.Add(new FieldError("/mode", "mode_unknown", "One of gate, live."));
        if (item.MessageId is { Length: 0 or > MessageIds.MaxLength })
            faults.Add(new FieldError("/messageId", "message_id_length", "1 to 998 characters."));
        var now = clock.GetUtcNow();
        var at = Milliseconds.Truncate(item.At ?? now);
        if (at > now + AllowedSkew)
            faults.Add(new FieldError("/at", "at_in_future", "More than five minutes ahead of our clock."));
        if (at < now - MaxAge)
            faults.Add(new FieldError("/at", "at_too_old", "More than a year ago."));
        return faults.Count > 0
            ? (null, new Problem(ProblemKinds.ValidationFailed, Errors: faults))
            : (new Report(question, item.Outcome, item.Mode ?? DecisionModes.Gate, at, messageIds.Of(item.MessageId)), null);
    }

    private static string Where(string fault) => fault switch
    {
        QuestionFaults.PurposeUnknown => "/purpose",
        QuestionFaults.ChannelUnknown => "/channel",
        QuestionFaults.SubjectMalformed => "/subjectId",
        QuestionFaults.SubjectAmbiguous => "",
        _ => "/identifier",
    };
}
