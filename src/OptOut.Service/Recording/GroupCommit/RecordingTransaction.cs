using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Propagation;
using OptOut.Service.Recording.Deciding;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>What a batch has come to.</summary>
/// <param name="Parts">The parts of the work that have new deliveries.</param>
internal sealed record CommittedBatch(IReadOnlyList<WorkResult> Results, IReadOnlyList<short> Parts);

/// <summary>One group commit: load, decide, save; whole or not at all.</summary>
internal sealed class RecordingTransaction(
    Databases databases, RecordingLoader loader, RecordingSaver saver, IdentifierHasher hasher, TimeProvider clock)
{
    /// <summary>Runs the batch and returns each unit's result, in order, after the commit that holds it.</summary>
    public async Task<CommittedBatch> RunAsync(
        IReadOnlyList<RecordingWork> works, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var loaded = await loader.LoadAsync(connection, transaction, works, cancellationToken);

        var now = Milliseconds.Truncate(clock.GetUtcNow());
        var drafts = new Drafts();
        var decider = new RecordingDecider(loaded.Book, new SubjectResolver(loaded.Book, hasher, drafts),
            new VersionWriter(loaded.Book, drafts), drafts);
        var answers = new List<(IdempotencyClaim Claim, RecordingAnswer Answer)>();
        var results = works.Select(work => Decide(work, loaded, decider, answers, now)).ToList();

        await saver.SaveAsync(connection, transaction, drafts, answers, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Count(works, drafts);
        return new CommittedBatch(results, [.. PartsOf(drafts)]);
    }

    private static IEnumerable<short> PartsOf(Drafts drafts) => drafts.Versions
        .Where(version => version.Deliveries.Any(delivery => delivery.HasIdentifier))
        .Select(version => Partition.Of(version.Owner.Id));

    private static void Count(IReadOnlyList<RecordingWork> works, Drafts drafts)
    {
        OptOutTelemetry.BatchSize(works.Sum(w => w.Commands.Count));
        foreach (var version in drafts.Versions)
            OptOutTelemetry.Recorded(version.Record.OriginMethod, version.Record.Scope.Purpose, version.Kind);
        foreach (var reaffirmed in drafts.Reaffirmed)
            OptOutTelemetry.Recorded(
                reaffirmed.Record.OriginMethod, reaffirmed.Record.Scope.Purpose, LedgerKinds.Reaffirmed);
    }

    private static WorkResult Decide(
        RecordingWork work,
        LoadedBatch loaded,
        RecordingDecider decider,
        List<(IdempotencyClaim Claim, RecordingAnswer Answer)> answers,
        DateTimeOffset now)
    {
        if (work.Claim is { } claim
            && loaded.Answers.TryGetValue(new IdempotencyKey(claim.Caller, claim.Operation, claim.Key), out var stored))
        {
            return stored.Digest.AsSpan().SequenceEqual(claim.Digest)
                ? new WorkResult.Replayed(stored.Answer)
                : new WorkResult.KeyReused();
        }

        var answer = work.Compose([.. work.Commands.Select(command => decider.Decide(command, now))]);
        // A failed precondition is about the header, which the digest leaves out: with the right one the key is free.
        if (work.Claim is { } accepted && answer.Status != StatusCodes.Status412PreconditionFailed)
            answers.Add((accepted, answer));
        return new WorkResult.Done(answer);
    }
}
