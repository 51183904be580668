using System.Threading.Channels;
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
/// One stream of lines on its way through: pieces are read and looked up while earlier ones go out, in order. How many may
/// wait is bounded, so memory is the same for any length; a caller that sends a while before it reads is not held up.
/// </summary>
internal sealed class FilterRun(FilterDesk desk, Scope scope, string keyId, string actor) : IDisposable
{
    /// <summary>Pieces that may wait for the caller to read: some 30 MiB.</summary>
    private const int MaxWaiting = 60;

    /// <summary>Pieces that are looked up at once.</summary>
    private const int Lanes = 3;

    private readonly List<DecisionDraft> _drafts = [];
    private readonly SemaphoreSlim _lanes = new(Lanes);

    private readonly Channel<Task<Piece>> _pieces = Channel.CreateBounded<Task<Piece>>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });

    public long Passed { get; private set; }

    public long Stopped { get; private set; }

    public long Unreadable { get; private set; }

    public void Dispose() => _lanes.Dispose();

    /// <summary>Takes everything through; each stop is on record when this ends.</summary>
    /// <param name="open">Begins the answer: when the first piece is known, so that a failure before is a plain refusal.</param>
    public async Task RunAsync(LineReader lines, Func<TrailedBody> open, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(lines, ended.Token);
        try
        {
            TrailedBody? output = null;
            await foreach (var asking in _pieces.Reader.ReadAllAsync(cancellationToken))
            {
                using var piece = await asking;
                await WriteAsync(piece, output ??= open(), cancellationToken);
            }

            await RecordAsync(cancellationToken);
            output ??= open();
            await output.CompleteAsync(cancellationToken,
                new(PostFilter.Passed, Text(Passed)), new(PostFilter.Stopped, Text(Stopped)),
                new(PostFilter.Unreadable, Text(Unreadable)));
        }
        finally
        {
            await ended.CancelAsync();
            await reading;
            await DiscardAsync();
        }
    }

    /// <summary>Never fails by itself: whoever takes the pieces is told of the failure in their place.</summary>
    private async Task ReadAsync(LineReader lines, CancellationToken cancellationToken)
    {
        try
        {
            while (await lines.NextAsync(cancellationToken) is { } chunk)
            {
                var asking = AskAsync(chunk, cancellationToken);
                try
                {
                    await _pieces.Writer.WriteAsync(asking, cancellationToken);
                }
                catch
                {
                    await DiscardAsync(asking);
                    throw;
                }
            }

            _pieces.Writer.Complete();
        }
        catch (Exception exception)
        {
            _pieces.Writer.TryComplete(exception);
        }
    }

    private async Task<Piece> AskAsync(LineChunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            await desk.TakeAsync(keyId, chunk.Lines.Count, cancellationToken);
            await _lanes.WaitAsync(cancellationToken);
        }
        catch
        {
            chunk.Dispose();
            throw;
        }

        try
        {
            var questions = new Question[chunk.Lines.Count];
            for (var i = 0; i < questions.Length; i++)
                questions[i] = Read(chunk[i]);
            return new Piece(chunk, await desk.AskAsync(questions, cancellationToken));
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
        finally
        {
            _lanes.Release();
        }
    }

    private Question Read(ReadOnlySpan<byte> line) =>
        !line.IsEmpty && FilterLine.TryRead(line, out var identifier, out var subjectId)
            ? desk.Reader.Read(new Asked(identifier, subjectId, scope.Purpose, scope.Channel, MessageClass: null))
            : Question.Unanswerable(QuestionFaults.ItemUnreadable);

    private async Task WriteAsync(Piece piece, TrailedBody output, CancellationToken cancellationToken)
    {
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
    private async Task DiscardAsync()
    {
        while (_pieces.Reader.TryRead(out var asking))
            await DiscardAsync(asking);
    }

    private static async Task DiscardAsync(Task<Piece> asking)
    {
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asking.IsCompletedSuccessfully)
            asking.Result.Dispose();
    }

    private static string Text(long count) => count.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed record Piece(LineChunk Chunk, Verdict[] Verdicts) : IDisposable
    {
        public void Dispose() => Chunk.Dispose();
    }
}
