using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Recording;

/// <summary>One command through the one write path, where the answer is not a record.</summary>
internal static class SingleCommand
{
    private static readonly RecordingAnswer Unused = new(StatusCodes.Status200OK, []);

    /// <summary>What was committed; null where the writer is full and took nothing.</summary>
    public static async Task<RecordingOutcome?> SubmitOneAsync(
        this RecordingWriter writer, RecordingCommand command, CancellationToken cancellationToken)
    {
        // A conflict composes again; the last one is what the commit held.
        RecordingOutcome? outcome = null;
        var work = new RecordingWork([command], claim: null, outcomes =>
        {
            outcome = outcomes[0];
            return Unused;
        });
        var submitted = await writer.SubmitAsync(work, cancellationToken);
        return submitted.Status == SubmitStatus.Finished ? outcome : null;
    }
}
