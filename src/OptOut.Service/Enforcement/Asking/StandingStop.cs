using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>A stop that stands for somebody who was asked about.</summary>
/// <param name="EffectiveFrom">The press: when the person said it, and not later than it was recorded.</param>
/// <param name="IsOwn">False where it is another one's of several people who turned out to be one.</param>
internal sealed record StandingStop(Guid OptOutId, int Version, Scope Scope, DateTimeOffset EffectiveFrom, bool IsOwn);

/// <summary>What stands for each of the people asked about, as the database had it at one moment.</summary>
/// <param name="ByQuestion">In the order of the questions; null where nothing stands.</param>
/// <param name="AsOf">The database's clock: every stop answered before it is in here.</param>
/// <param name="Sequence">Grows with the history: transactions below it are all in here.</param>
/// <param name="Revision">The registry's, for the purposes.</param>
internal sealed record Standing(
    IReadOnlyList<List<StandingStop>?> ByQuestion, DateTimeOffset AsOf, string Sequence, long Revision);
