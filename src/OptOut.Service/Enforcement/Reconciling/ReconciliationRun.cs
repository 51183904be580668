using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Decisions;
using OptOut.Service.Enforcement.Filtering;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Enforcement.Reconciling;

/// <summary>What a reconciliation needs of the service.</summary>
internal sealed class ReconciliationDesk(
    QuestionReader reader, SuppressionQueries queries, DecisionRecorder recorder, Reopening reopening,
    ReconciliationStore store, TimeProvider clock)
{
    public QuestionReader Reader => reader;

    public SuppressionQueries Queries => queries;

    public DecisionRecorder Recorder => recorder;

    public Reopening Reopening => reopening;

    public ReconciliationStore Store => store;

    public TimeProvider Clock => clock;
}

/// <summary>
/// One system's list on its way through: each line is compared with what stands, piece by piece. Only lines that must not
/// be there are answered, by number; nothing of a line is repeated.
/// </summary>
internal sealed class ReconciliationRun(
    ReconciliationDesk desk, DownstreamSystem system, IReadOnlyList<Scope> scopes, string actor)
{
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly DateTimeOffset _startedAt = desk.Clock.GetUtcNow();
    private readonly Guid _id = Guid.CreateVersion7(desk.Clock.GetUtcNow());

    private long _lines;
    private long _stopped;
    private long _unreadable;
    private long _reopened;

    public async Task RunAsync(LineReader lines, HttpResponse response, CancellationToken cancellationToken)
    {
        using var digest = _digest;
        try
        {
            while (await lines.NextAsync(cancellationToken) is { } chunk)
            {
                using (chunk)
                    await CompareAsync(chunk, response, cancellationToken);
            }
        }
        catch
        {
            // What was found is evidence, also where the list broke off.
            await desk.Store.StoreAsync(Result(isComplete: false), system, actor, CancellationToken.None);
            throw;
        }

        var result = Result(isComplete: true);
        var finishedAt = await desk.Store.StoreAsync(result, system, actor, CancellationToken.None);
        WriteSummary(response.BodyWriter, result, finishedAt);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private async Task CompareAsync(LineChunk chunk, HttpResponse response, CancellationToken cancellationToken)
    {
        var questions = new Question[chunk.Lines.Count];
        for (var i = 0; i < questions.Length; i++)
        {
            _digest.AppendData(chunk[i]);
            questions[i] = Read(chunk[i]);
        }

        var standing = await desk.Queries.StandingAsync(questions, cancellationToken);
        var listed = new (StandingStop Covering, Scope Scope)?[questions.Length];
        for (var i = 0; i < questions.Length; i++)
            listed[i] = questions[i].Fault is null && standing.ByQuestion[i] is { } stops ? Covering(stops) : null;
        var drafts = listed.OfType<(StandingStop Covering, Scope Scope)>().Select(found => new DecisionDraft(
            found.Covering, found.Scope, DecisionOutcomes.Listed, DecisionModes.Reconciliation)).ToList();
        foreach (var some in drafts.Chunk(DecisionStore.ChunkLimit))
            await desk.Recorder.StoreAsync(actor, some, cancellationToken);
        var deliveries = drafts.Count == 0
            ? new Dictionary<Guid, ListedDelivery>()
            : await desk.Reopening.ReopenAsync(
                drafts.Select(draft => draft.Covering.OptOutId).ToHashSet(), system.Id, cancellationToken);

        _stopped += drafts.Count;
        _reopened += deliveries.Values.Count(delivery => delivery.IsReopened);
        WriteLines(response.BodyWriter, questions, listed, deliveries);
        _lines += questions.Length;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(PostFilter.Idle);
        await response.BodyWriter.FlushAsync(patience.Token);
    }

    private Question Read(ReadOnlySpan<byte> line) =>
        !line.IsEmpty && FilterLine.TryRead(line, out var identifier, out var subjectId)
            ? desk.Reader.Read(new Asked(identifier, subjectId, scopes[0].Purpose, scopes[0].Channel, MessageClass: null))
            : Question.Unanswerable(QuestionFaults.ItemUnreadable);

    /// <summary>The first of what the system uses data for that a stop covers.</summary>
    private (StandingStop, Scope)? Covering(List<StandingStop> stops)
    {
        foreach (var scope in scopes)
        {
            if (Verdict.Nearest(stops, scope) is { } covering)
                return (covering, scope);
        }

        return null;
    }

    private void WriteLines(
        IBufferWriter<byte> output, Question[] questions, (StandingStop Covering, Scope Scope)?[] listed,
        IReadOnlyDictionary<Guid, ListedDelivery> deliveries)
    {
        using var json = new Utf8JsonWriter(output);
        for (var i = 0; i < questions.Length; i++)
        {
            if (questions[i].Fault is null && listed[i] is null)
                continue;
            json.WriteStartObject();
            json.WriteNumber("line"u8, _lines + i + 1);
            if (questions[i].Fault is { } fault)
            {
                _unreadable++;
                json.WriteString("decision"u8, "unknown"u8);
                json.WriteString("code"u8, fault);
            }
            else
            {
                WriteStop(json, listed[i]!.Value.Covering, deliveries);
            }

            json.WriteEndObject();
            json.Flush();
            json.Reset();
            output.Write("\n"u8);
        }
    }

    private static void WriteStop(
        Utf8JsonWriter json, StandingStop covering, IReadOnlyDictionary<Guid, ListedDelivery> deliveries)
    {
        json.WriteString("decision"u8, "stop"u8);
        json.WriteString("optOutId"u8, PublicId.Format(PublicId.OptOut, covering.OptOutId));
        json.WriteNumber("version"u8, covering.Version);
        json.WriteStartObject("coveredBy"u8);
        json.WriteString("purpose"u8, covering.Scope.Purpose);
        json.WriteString("channel"u8, covering.Scope.Channel);
        json.WriteEndObject();
        if (!deliveries.TryGetValue(covering.OptOutId, out var delivery))
            return;
        json.WriteString("deliveryId"u8, PublicId.Format(PublicId.Delivery, delivery.DeliveryId));
        json.WriteString("deliveryState"u8, delivery.State);
        json.WriteBoolean("reopened"u8, delivery.IsReopened);
    }

    private static void WriteSummary(IBufferWriter<byte> output, ReconciliationResult result, DateTimeOffset finishedAt)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartObject("summary"u8);
            json.WriteString("id"u8, PublicId.Format(EnforcementIds.Reconciliation, result.Id));
            json.WriteNumber("lines"u8, result.Lines);
            json.WriteNumber("stopped"u8, result.Stopped);
            json.WriteNumber("unreadable"u8, result.Unreadable);
            json.WriteNumber("reopened"u8, result.Reopened);
            json.WriteString("finishedAt"u8, finishedAt.UtcDateTime.ToString(
                "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private ReconciliationResult Result(bool isComplete) => new(
        _id, isComplete, _startedAt, _lines, _stopped, _unreadable, _reopened, _digest.GetCurrentHash());
}
