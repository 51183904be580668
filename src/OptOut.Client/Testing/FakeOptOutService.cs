using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using OptOut.Client.Api;
using OptOut.Contracts;

namespace OptOut.Client.Testing;

/// <summary>
/// A service for tests, in memory behind the client's wire: it records stops, answers checks by the real rules and takes
/// reports of decisions. What it does not know it refuses with 404 <c>not_found</c>.
/// </summary>
public sealed class FakeOptOutService : HttpMessageHandler
{
    private const string Problem = "application/problem+json";

    // As the service writes: a member without a value is there, and null.
    private static readonly ApiJson Whole = new(new JsonSerializerOptions(ApiJson.Default.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    });

    private readonly ConcurrentDictionary<string, OptOutRecord> _records = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<DecisionReport> _reports = new();
    private readonly TimeProvider _clock;
    private int _number;
    private volatile bool _isDown;

    /// <param name="gate">Shares its stops: what is recorded here is stopped there, and what is said there is answered here.</param>
    /// <param name="clock">The times of records; the system's where absent.</param>
    public FakeOptOutService(FakeSuppressionGate? gate = null, TimeProvider? clock = null) =>
        (Gate, _clock) = (gate ?? new FakeSuppressionGate(), clock ?? TimeProvider.System);

    /// <summary>The stops that stand.</summary>
    public FakeSuppressionGate Gate { get; }

    /// <summary>Everything that was recorded.</summary>
    public IReadOnlyCollection<OptOutRecord> Records => [.. _records.Values.OrderBy(record => record.Id, StringComparer.Ordinal)];

    /// <summary>Every report of a decision so far, in order.</summary>
    public IReadOnlyList<DecisionReport> Reports => [.. _reports];

    /// <summary>From now on, or no longer, the service cannot be reached.</summary>
    public bool IsDown { get => _isDown; set => _isDown = value; }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_isDown) throw new HttpRequestException("The fake service is down.");
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        var at = path.LastIndexOf("/v1/", StringComparison.Ordinal);
        return (request.Method.Method, at < 0 ? path : path[at..]) switch
        {
            ("POST", "/v1/opt-outs") => Record(Read(body, ApiJson.Default.NewOptOut)),
            ("POST", "/v1/suppressions/check") => Check(Read(body, ApiJson.Default.ItemsSuppressionQuestion)),
            ("POST", "/v1/decisions") => Report(Read(body, ApiJson.Default.ItemsDecisionReport)),
            ("GET", var one) when one.StartsWith("/v1/opt-outs/", StringComparison.Ordinal)
                && _records.TryGetValue(one["/v1/opt-outs/".Length..], out var record) =>
                Answer(HttpStatusCode.OK, record, Whole.OptOutRecord),
            _ => Refuse(HttpStatusCode.NotFound, "not_found"),
        };
    }

    private HttpResponseMessage Record(NewOptOut stop)
    {
        var channel = stop.Scope.Channel ?? "any";
        try
        {
            foreach (var person in stop.Subject.Identifiers ?? [])
                Gate.Stop(person.Type, person.Value, stop.Scope.Purpose, channel);
        }
        catch (ArgumentException)
        {
            return Refuse(HttpStatusCode.UnprocessableEntity, ProblemCodes.ValidationFailed);
        }

        var now = _clock.GetUtcNow();
        var number = Interlocked.Increment(ref _number);
        var record = new OptOutRecord(
            $"oo_{number:x32}", 1, stop.Subject.Id ?? $"sub_{number:x32}",
            new OptOutScope { Purpose = stop.Scope.Purpose, Channel = channel }, "opted_out", stop.OccurredAt ?? now, now,
            stop.Actor ?? new Actor("subject"), stop.Origin ?? new Origin("fake", "api"),
            stop.Reason ?? new Reason("user_request"), stop.Regime, false, "", $"{number:x32}",
            new PropagationSummary("complete", false, 0, 0));
        _records[record.Id] = record;
        return Answer(HttpStatusCode.Created, record, Whole.OptOutRecord);
    }

    private HttpResponseMessage Check(Items<SuppressionQuestion> questions) => Answer(
        HttpStatusCode.OK,
        new SuppressionCheck([.. questions.All.Select(Verdict)], _clock.GetUtcNow(), $"{_number}"),
        Whole.SuppressionCheck);

    // A person by id is nobody that a fake knows.
    private SuppressionVerdict Verdict(SuppressionQuestion question) => new(
        question.Identifier is not { } person ? SuppressionDecision.Unknown
        : Gate.Check(person.Type, person.Value, question.Purpose, question.Channel) switch
        {
            SuppressionAnswer.Allowed => SuppressionDecision.Go,
            SuppressionAnswer.Suppressed => SuppressionDecision.Stop,
            _ => SuppressionDecision.Unknown,
        });

    private HttpResponseMessage Report(Items<DecisionReport> reports)
    {
        foreach (var report in reports.All) _reports.Enqueue(report);
        return Answer(HttpStatusCode.MultiStatus,
            new Items<DecisionAnswer>([.. reports.All.Select(_ => new DecisionAnswer(201))]),
            Whole.ItemsDecisionAnswer);
    }

    private static T Read<T>(byte[] body, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(body, type)!;

    private static HttpResponseMessage Refuse(HttpStatusCode status, string code) => Answer(
        status, new OptOutProblem { Status = (int)status, Code = code, RequestId = "req_fake" },
        Whole.OptOutProblem, Problem);

    private static HttpResponseMessage Answer<T>(
        HttpStatusCode status, T body, JsonTypeInfo<T> type, string media = "application/json") =>
        new(status) { Content = new StringContent(JsonSerializer.Serialize(body, type), Encoding.UTF8, media) };
}

/// <summary>Puts a fake behind the client.</summary>
public static class FakeOptOutRegistration
{
    /// <summary>All calls of this client end in the fake; its gate stands for <see cref="ISuppressionGate"/>.</summary>
    public static OptOutClientBuilder UseFake(this OptOutClientBuilder builder, FakeOptOutService fake)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(fake);
        builder.Http.ConfigurePrimaryHttpMessageHandler(() => fake);
        builder.Services.AddSingleton<ISuppressionGate>(fake.Gate);
        return builder;
    }
}
