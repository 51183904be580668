using System.Collections.Concurrent;
using OptOut.Client.Gate.Coverage;
using OptOut.Contracts.Identifiers;
using OptOut.Contracts.Scopes;

namespace OptOut.Client.Testing;

/// <summary>
/// A gate for tests: stops are said to it, and it answers by the real rules for identifiers and scopes. It begins ready;
/// a test that forgets to say what happens while it is not should call <see cref="CutOff"/>.
/// </summary>
public sealed class FakeSuppressionGate : ISuppressionGate
{
    /// <summary>The purposes that every installation has.</summary>
    public static readonly IReadOnlyList<string> DefaultPurposes =
        ["all", "marketing", "sale_or_share", "profiling", "analytics", "research", "ai_training"];

    private readonly ConcurrentDictionary<(string Type, string Value), IReadOnlyList<Scope>> _stops = new();
    private readonly ConcurrentQueue<FakeQuestion> _asked = new();
    private readonly IdentifierNormaliser _normaliser;
    private readonly Cover _tree;
    private volatile GateStatus _status = new(GateState.Ready, null, 0, TimeSpan.Zero, null, 0, 0);

    /// <param name="purposes">Further purposes beside <see cref="DefaultPurposes"/>.</param>
    /// <param name="defaultRegion">Region of national phone numbers; none where absent.</param>
    public FakeSuppressionGate(IReadOnlyList<string>? purposes = null, string? defaultRegion = null)
    {
        _tree = Cover.Of([.. DefaultPurposes, .. purposes ?? []], Channels.All);
        _normaliser = new IdentifierNormaliser(new IdentifierOptions { DefaultRegion = defaultRegion });
    }

    /// <inheritdoc />
    public GateStatus Status => _status with { Entries = _stops.Count };

    /// <summary>Every question so far, in order.</summary>
    public IReadOnlyList<FakeQuestion> Asked => [.. _asked];

    /// <summary>From now on this person's data is stopped within the scope.</summary>
    /// <exception cref="ArgumentException">The identifier cannot be read.</exception>
    public void Stop(string type, string value, string purpose = "marketing", string channel = "any")
    {
        var scope = new Scope(purpose, channel);
        _stops.AddOrUpdate(Key(type, value), [scope], (_, standing) => [.. standing, scope]);
    }

    /// <summary>The person has lifted all of it.</summary>
    public void Lift(string type, string value) => _stops.TryRemove(Key(type, value), out _);

    /// <summary>From now on every answer is Unknown, as where the service cannot be reached.</summary>
    public void CutOff(GateState state = GateState.Stale, string cause = "connection_lost") =>
        _status = _status with { State = state, Cause = cause };

    /// <summary>Answers again.</summary>
    public void Restore() => _status = _status with { State = GateState.Ready, Cause = null };

    /// <inheritdoc />
    public SuppressionAnswer Check(string type, string value, string purpose, string channel)
    {
        var answer = Answer(type, value, purpose, channel);
        _asked.Enqueue(new FakeQuestion(type, value, purpose, channel, answer));
        return answer;
    }

    /// <inheritdoc />
    public SuppressionAnswer Check(in GateKey key, string purpose, string channel) => SuppressionAnswer.Unknown;

    /// <summary>Always false: a fake has no feed key to hash with.</summary>
    public bool TryGetKey(string type, string value, out GateKey key)
    {
        key = default;
        return false;
    }

    private SuppressionAnswer Answer(string type, string value, string purpose, string channel)
    {
        if (_status.State != GateState.Ready || purpose is null || channel is null || !_tree.TryAsk(purpose, channel, out _)
            || !_normaliser.TryNormalise(type, value, out var identifier, out _))
            return SuppressionAnswer.Unknown;
        var asked = new Scope(purpose, channel);
        foreach (var form in identifier.MatchForms)
            if (_stops.TryGetValue((type, form), out var standing) && standing.Any(stop => ScopeRules.Covers(stop, asked)))
                return SuppressionAnswer.Suppressed;
        return SuppressionAnswer.Allowed;
    }

    private (string Type, string Value) Key(string type, string value) =>
        _normaliser.TryNormalise(type, value, out var identifier, out var refusal)
            ? (type, identifier.Value)
            : throw new ArgumentException(refusal.Detail, nameof(value));
}

/// <summary>One question that a fake gate was asked.</summary>
/// <param name="Type">The identifier's type.</param>
/// <param name="Value">The identifier.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="Answer">What it answered.</param>
public sealed record FakeQuestion(string Type, string Value, string Purpose, string Channel, SuppressionAnswer Answer)
{
    /// <summary>Without the person.</summary>
    public override string ToString() => $"{Purpose}/{Channel}: {Answer}";
}
