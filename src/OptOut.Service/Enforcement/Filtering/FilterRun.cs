using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Decisions;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Filtering;

/// <summary>The data stopped being provably current while a stream was under way: it is broken off.</summary>
internal sealed class NotCurrentException() : Exception("The ledger is not current.");

/// <summary>What a filter needs of the service.</summary>
internal sealed class FilterDesk(
    QuestionReader reader, SuppressionQueries queries, PurposeDirectory purposes, DataStanding data,
    QuestionLimiter limiter, DecisionRecorder recorder, DecisionTally tally)
{
    public QuestionReader Reader => reader;

    public DecisionRecorder Recorder => recorder;

    public DecisionTally Tally => tally;

    public ValueTask TakeAsync(string keyId, int questions, CancellationToken cancellationToken) =>
        limiter.TakeAsync(keyId, questions, cancellationToken);

    /// <summary>The answers to one piece of the stream, from a look at the database that begins now.</summary>
    public async Task<Verdict[]> AskAsync(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        var standing = await queries.StandingAsync(questions, cancellationToken);
        var tree = await purposes.AtAsync(standing.Revision, cancellationToken);
        if (!data.IsCurrent)
            throw new NotCurrentException();
        var verdicts = new Verdict[questions.Count];
        for (var i = 0; i < verdicts.Length; i++)
            verdicts[i] = Verdict.Of(questions[i], standing.ByQuestion[i], tree);
        return verdicts;
    }
}

/// <summary>
/// One stream of lines on its way through: while one piece is at the database the next is read, and what may pass goes out
/// in order. Nothing is read ahead of what the other side takes, so memory is the same for any length.
/// </summary>
internal sealed class FilterRun(FilterDesk desk, Scope scope, string keyId, string actor)
{
    /// <summary>Pieces between the reader and the writer.</summary>
    private const int Ahead = 3;

    private readonly List<DecisionDraft> _drafts = [];
    private readonly Queue<Task<Piece>> _pieces = new(Ahead);

    public long Passed { get; private set; }

    public long Stopped { get; private set; }

    public long Unreadable { get; private set; }

    /// <summary>Takes everything through; each stop is on record when this ends.</summary>
    public async Task RunAsync(LineReader lines, Func<TrailedBody> open, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = lines.NextAsync(ended.Token).AsTask();
        TrailedBody? output = null;
        try
        {
            while (true)
            {
                // Whatever is ready goes out before more is waited for: the other side may be waiting for it.
                while (_pieces.Count >= Ahead || (_pieces.Count > 0 && _pieces.Peek().IsCompleted))
                    await WriteAsync(output ??= await FirstAsync(open), cancellationToken);
                if (_pieces.Count > 0 && await Task.WhenAny(next, _pieces.Peek()) != next)
                    continue;
                if (await next is not { } chunk)
                    break;
                await desk.TakeAsync(keyId, chunk.Lines.Count, cancellationToken);
                _pieces.Enqueue(AskAsync(chunk, cancellationToken));
                next = lines.NextAsync(ended.Token).AsTask();
            }

            while (_pieces.Count > 0)
                await WriteAsync(output ??= await FirstAsync(open), cancellationToken);
            await RecordAsync(cancellationToken);
            output ??= open();
            await output.CompleteAsync(cancellationToken,
                new(PostFilter.Passed, Text(Passed)), new(PostFilter.Stopped, Text(Stopped)),
                new(PostFilter.Unreadable, Text(Unreadable)));
        }
        finally
        {
            await ended.CancelAsync();
            await DiscardAsync(next);
        }
    }

    /// <summary>The answer begins when the first piece is known, so that a failure before it is an ordinary refusal.</summary>
    private async Task<TrailedBody> FirstAsync(Func<TrailedBody> open)
    {
        await _pieces.Peek();
        return open();
    }

    private async Task<Piece> AskAsync(LineChunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            var questions = new Question[chunk.Lines.Count];
            for (var i = 0; i < questions.Length; i++)
                questions[i] = Read(chunk[i]);
            return new Piece(chunk, questions, await desk.AskAsync(questions, cancellationToken));
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
    }

    private Question Read(ReadOnlySpan<byte> line) =>
        !line.IsEmpty && FilterLine.TryRead(line, out var identifier, out var subjectId)
            ? desk.Reader.Read(new Asked(identifier, subjectId, scope.Purpose, scope.Channel, MessageClass: null))
            : Question.Unanswerable(QuestionFaults.ItemUnreadable);

    private async Task WriteAsync(TrailedBody output, CancellationToken cancellationToken)
    {
        using var piece = await _pieces.Dequeue();
        var (passed, stopped, unreadable) = (0, 0, 0);
        for (var i = 0; i < piece.Verdicts.Length; i++)
        {
            switch (piece.Verdicts[i].Answer)
            {
                case Answer.Go:
                    passed++;
                    break;
                case Answer.Stop:
                    stopped++;
                    _drafts.Add(new DecisionDraft(
                        piece.Verdicts[i].Covering!, scope, DecisionOutcomes.Blocked, DecisionModes.Filter));
                    if (_drafts.Count == DecisionStore.ChunkLimit)
                        await RecordAsync(cancellationToken);
                    break;
                default:
                    unreadable++;
                    break;
            }
        }

        WriteGoes(piece, output);
        await FlushAsync(output, cancellationToken);
        (Passed, Stopped, Unreadable) = (Passed + passed, Stopped + stopped, Unreadable + unreadable);
        desk.Tally.Count(actor, DecisionModes.Filter, scope, (stopped, passed, unreadable));
    }

    /// <summary>Lines that may pass and stand beside each other go out as one.</summary>
    private static void WriteGoes(Piece piece, TrailedBody output)
    {
        var lines = piece.Chunk.Lines;
        for (var i = 0; i < lines.Count;)
        {
            if (piece.Verdicts[i].Answer != Answer.Go)
            {
                i++;
                continue;
            }

            var (start, end) = (lines[i].Start.Value, lines[i].End.Value);
            for (i++; i < lines.Count && piece.Verdicts[i].Answer == Answer.Go && lines[i].Start.Value == end; i++)
                end = lines[i].End.Value;
            output.Write(piece.Chunk.Slice(start, end));
        }
    }

    /// <summary>Whoever takes nothing for too long is given up.</summary>
    private static async Task FlushAsync(TrailedBody output, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(PostFilter.Idle);
        await output.FlushAsync(patience.Token);
    }

    private async Task RecordAsync(CancellationToken cancellationToken)
    {
        await desk.Recorder.StoreAsync(actor, [.. _drafts], cancellationToken);
        _drafts.Clear();
    }

    /// <summary>Gives back what is left. Its own failures are told already, or come from the same cause.</summary>
    private async Task DiscardAsync(Task<LineChunk?> next)
    {
        await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (next.IsCompletedSuccessfully)
            next.Result?.Dispose();
        while (_pieces.TryDequeue(out var piece))
        {
            await ((Task)piece).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (piece.IsCompletedSuccessfully)
                piece.Result.Dispose();
        }
    }

    private static string Text(long count) => count.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed record Piece(LineChunk Chunk, Question[] Questions, Verdict[] Verdicts) : IDisposable
    {
        public void Dispose() => Chunk.Dispose();
    }
}
