using System.Collections.Frozen;
using System.Globalization;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Deciding;
using OptOut.Service.Systems;
using OptOut.Tests.Keys;

namespace OptOut.Tests.Recording;

/// <summary>The decider over an empty book, with an act for each command, in order.</summary>
internal sealed class Desk
{
    public static readonly string[] Purposes = ["all", "marketing", "marketing.newsletter", "analytics"];

    private static readonly IdentifierHasher Hasher = new(Rings.One());
    private static readonly RecordingContext Context = new("key:0123456789abcdef", null);
    private static readonly ActClaims Claims = new(null, "subject", null, "test", "api", "user_request", null);

    private readonly RecordingBook _book = new(
        new PurposeTree(Purposes.ToFrozenDictionary(p => p, p => new Purpose(p, p, false, 60, 1))), new SystemSet([]));

    private readonly RecordingDecider _decider;
    private DateTimeOffset _now = new(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);

    public Desk() => _decider = new RecordingDecider(
        _book, new SubjectResolver(_book, Hasher, Drafts), new VersionWriter(_book, Drafts), Drafts);

    public Drafts Drafts { get; } = new();

    public IEnumerable<RecordState> Records => Drafts.Versions.Select(v => v.Record);

    public RecordingOutcome Stop(Scope scope, params int[] people) =>
        Do(new StopCommand(Reference(people), scope, Claims, false, Context));

    public RecordingOutcome Ensure(params int[] people) => Do(new EnsureSubjectCommand(Reference(people), Context));

    public RecordingOutcome Link(Guid subject, int person) => Do(new LinkCommand(subject, Identifier(person), Context));

    /// <summary>A reversal with a token of the given person and scope.</summary>
    public RecordingOutcome Reverse(RecordState record, int? version = null, Guid? tokenOf = null, Scope? tokenScope = null)
    {
        byte[] token = [.. Guid.CreateVersion7(_now).ToByteArray()];
        _book.AddToken(token, new TokenState(tokenOf ?? record.SubjectId, tokenScope ?? record.Scope, Usable: true));
        return Do(new ReversalCommand(record.OptOutId, version ?? record.Version, token, Claims, Context));
    }

    public static RecordState Recorded(RecordingOutcome outcome) => Assert.IsType<RecordedOutcome>(outcome).Record;

    /// <summary>The newest version of every opt-out of the person.</summary>
    public IReadOnlyList<RecordState> NewestOf(int person)
    {
        var subject = _book.ByHash(Hasher.Current(KeyUse.Lookup, IdentifierTypes.UserId, Name(person)));
        return subject is null ? [] :
            [.. Records.GroupBy(r => r.OptOutId).Select(g => g.Last()).Where(r => _book.BySubject(r.SubjectId) == subject)];
    }

    public bool IsStopped(int person, Scope scope) =>
        NewestOf(person).Any(r => r.Stands && ScopeRules.Covers(r.Scope, scope));

    private RecordingOutcome Do(RecordingCommand command)
    {
        _now += TimeSpan.FromMilliseconds(1);
        return _decider.Decide(command, _now);
    }

    private static SubjectReference Reference(int[] people) => SubjectReference.By([.. people.Select(Identifier)]);

    private static NormalisedIdentifier Identifier(int person) =>
        new(IdentifierTypes.UserId, Name(person), 1, [Name(person)]);

    private static string Name(int person) => "person-" + person.ToString(CultureInfo.InvariantCulture);
}
