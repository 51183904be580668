using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording.GroupCommit;

/// <summary>An answer as it is sent and, under an idempotency key, stored byte for byte.</summary>
internal sealed record RecordingAnswer(int Status, byte[] Body, string? ETag = null, string? Location = null);

/// <summary>The caller's claim on one execution: same caller, operation and key, same answer.</summary>
/// <param name="Operation">Method and path.</param>
/// <param name="Digest">SHA-256 of the request's body.</param>
internal sealed record IdempotencyClaim(string Caller, string Operation, string Key, byte[] Digest);

/// <summary>What the writer gave back for one unit of work: a closed set.</summary>
internal abstract record WorkResult
{
    internal sealed record Done(RecordingAnswer Answer) : WorkResult;

    /// <summary>An earlier request with the same key was answered so.</summary>
    internal sealed record Replayed(RecordingAnswer Answer) : WorkResult;

    /// <summary>The key was used with another body.</summary>
    internal sealed record KeyReused : WorkResult;
}

/// <summary>
/// One request's commands, committed together with its idempotency answer.
/// <paramref name="compose"/> turns the outcomes, in order, into the answer before the commit.
/// </summary>
internal sealed class RecordingWork(
    IReadOnlyList<RecordingCommand> commands,
    IdempotencyClaim? claim,
    Func<IReadOnlyList<RecordingOutcome>, RecordingAnswer> compose)
{
    private readonly TaskCompletionSource<WorkResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<RecordingCommand> Commands { get; } = commands;
    public IdempotencyClaim? Claim { get; } = claim;
    public Task<WorkResult> Result => _result.Task;

    public RecordingAnswer Compose(IReadOnlyList<RecordingOutcome> outcomes) => compose(outcomes);

    public void Complete(WorkResult result) => _result.TrySetResult(result);
    public void Fail(Exception exception) => _result.TrySetException(exception);
}
