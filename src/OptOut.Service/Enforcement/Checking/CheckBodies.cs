using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Enforcement.Checking;

/// <summary>One question: may this person's data be used for this purpose over this channel?</summary>
/// <param name="Identifier">The person by an identifier; exactly one of this and the id.</param>
/// <param name="SubjectId">The person by id, <c>sub_…</c>.</param>
/// <param name="Purpose">A purpose of the tree.</param>
/// <param name="Channel">The channel that is about to be used.</param>
/// <param name="MessageClass">
/// <c>transactional</c> asks for a message that the person needs; a key of that role gets <c>go</c> where every purpose
/// that stops it may be overridden.
/// </param>
public sealed record CheckItem(
    AskedIdentifier? Identifier = null,
    string? SubjectId = null,
    string? Purpose = null,
    string? Channel = null,
    string? MessageClass = null);

/// <summary>The answers, in the order of the questions.</summary>
/// <param name="Items">One for each question.</param>
/// <param name="AsOf">Every stop that was answered before it is in the answers; the database's clock.</param>
/// <param name="Sequence">Grows with the history: an answer with a higher one knows more.</param>
public sealed record CheckAnswer(IReadOnlyList<CheckResult> Items, DateTimeOffset AsOf, string Sequence);

/// <summary>One answer.</summary>
/// <param name="Decision"><c>stop</c>, <c>go</c> or <c>unknown</c>; unknown means do not use the data.</param>
/// <param name="OptOutId">The opt-out that covers the question; null where none does.</param>
/// <param name="Version">Its version.</param>
/// <param name="CoveredBy">Its scope.</param>
/// <param name="Override">True where a transactional message may pass in spite of it; absent otherwise.</param>
/// <param name="Code">Why it is unknown; absent otherwise.</param>
public sealed record CheckResult(
    string Decision, string? OptOutId, int? Version, ScopeView? CoveredBy, bool? Override = null, string? Code = null);
