using System.Threading.Channels;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>The answers to one request's questions, in their order.</summary>
internal sealed record Answers(IReadOnlyList<Verdict> Verdicts, DateTimeOffset AsOf, string Sequence);

/// <summary>
/// Requests meet here: what waits is looked up together in one statement, begun after each of them arrived. Under light
/// load a statement is for one request; under heavy load a round trip is shared by hundreds.
/// </summary>
internal sealed class QuestionDesk : BackgroundService
{
    private const int StatementLimit = 2_000;
    private const int MaxWaitingRequests = 4_096;

    /// <summary>Statements under way at once: while one is at the database, the next is put together.</summary>
    private const int Lanes = 3;

    private readonly SuppressionQueries _queries;
    private readonly PurposeDirectory _purposes;
    private readonly DataStanding _data;

    private readonly Channel<Work> _waiting = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(MaxWaitingRequests) { FullMode = BoundedChannelFullMode.Wait });

    public QuestionDesk(SuppressionQueries queries, PurposeDirectory purposes, DataStanding data)
    {
        (_queries, _purposes, _data) = (queries, purposes, data);
        OptOutTelemetry.ObserveQueue("questions", () => _waiting.Reader.Count);
    }

    /// <summary>The answers; null where too many requests wait already.</summary>
    public async Task<Answers?> AskAsync(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        var work = new Work(questions);
        return _waiting.Writer.TryWrite(work) ? await work.Answered.Task.WaitAsync(cancellationToken) : null;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(RunLaneAsync, CancellationToken.None)));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // Lanes end when what waits is answered.
        _waiting.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    private async Task RunLaneAsync()
    {
        var batch = new List<Work>();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var questions = 0;
            while (questions < StatementLimit && _waiting.Reader.TryRead(out var work))
            {
                batch.Add(work);
                questions += work.Questions.Count;
            }

            if (batch.Count > 0)
                await AnswerAsync(batch);
            batch.Clear();
        }
    }

    private async Task AnswerAsync(List<Work> batch)
    {
        try
        {
            var questions = batch.Count == 1 ? batch[0].Questions : [.. batch.SelectMany(work => work.Questions)];
            var standing = await _queries.StandingAsync(questions, CancellationToken.None);
            var purposes = await _purposes.AtAsync(standing.Revision, CancellationToken.None);
            var isCurrent = _data.IsCurrent;
            var from = 0;
            foreach (var work in batch)
            {
                var verdicts = new Verdict[work.Questions.Count];
                for (var i = 0; i < verdicts.Length; i++)
                    verdicts[i] = isCurrent
                        ? Verdict.Of(work.Questions[i], standing.ByQuestion[from + i], purposes)
                        : Verdict.Unknown(QuestionFaults.NotCurrent);
                from += verdicts.Length;
                work.Answered.TrySetResult(new Answers(verdicts, standing.AsOf, standing.Sequence));
            }
        }
        catch (Exception exception)
        {
            // Each waiting request answers this as its own failure: nobody is told go.
            foreach (var work in batch)
                work.Answered.TrySetException(exception);
        }
    }

    private sealed class Work(IReadOnlyList<Question> questions)
    {
        public IReadOnlyList<Question> Questions { get; } = questions;

        public TaskCompletionSource<Answers> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
