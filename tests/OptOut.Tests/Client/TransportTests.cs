using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OptOut.Client;

namespace OptOut.Tests.Client;

/// <summary>How calls are sent: tried again only where that is safe, bounded, and never talking about the key.</summary>
public sealed class TransportTests : IDisposable
{
    private const string Record =
        """
        { "id": "oo_1", "version": 1, "subjectId": "sub_1", "scope": { "purpose": "marketing", "channel": "any" },
          "state": "opted_out", "occurredAt": "2026-11-20T15:00:00.000Z", "recordedAt": "2026-11-20T15:00:00.120Z",
          "actor": { "type": "subject", "id": null }, "origin": { "system": "shop", "method": "api" },
          "reason": { "code": "user_request" }, "regime": null, "synthetic": false, "recordHash": "aGFzaA==",
          "ledgerEntryId": "0", "propagation": { "state": "pending", "overdue": false, "systems": 3, "applied": 0 },
          "memberOfALaterEdition": { "deep": true } }
        """;

    private static readonly NewOptOut Stop = new()
    {
        Subject = Subject.By("email", "ada@example.com"), Scope = new NewScope("marketing"),
    };

    private readonly Api _api = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _api.Dispose();

    [Fact]
    public async Task A_stop_is_tried_again_under_one_idempotency_key_that_the_client_makes()
    {
        _api.Refuses(503, "overloaded").Answers((_, _) => throw new HttpRequestException("reset"))
            .Refuses(409, "idempotency_in_progress").Answers(201, Record);
        var record = await _api.Client().OptOuts.RecordAsync(Stop, cancellationToken: Cancellation);
        Assert.Equal(("oo_1", 3), (record.Id, record.Propagation.Systems));
        Assert.Equal(4, _api.Requests.Count);
        Assert.Matches("^\"[0-9a-f]{32}\"$", Assert.Single(_api.Requests.Select(r => r["Idempotency-Key"]).Distinct()));
        Assert.Equal("/base/v1/opt-outs", _api.Requests[0].Path);
        Assert.Equal("""{"subject":{"identifiers":[{"type":"email","value":"ada@example.com"}]},"scope":{"purpose":"marketing"}}""",
            Assert.Single(_api.Requests.Select(r => r.Body).Distinct()));
    }

    [Fact]
    public async Task Two_calls_never_share_a_key_and_the_callers_own_key_is_kept()
    {
        var client = _api.Answers(201, Record).Client();
        await client.OptOuts.RecordAsync(Stop, cancellationToken: Cancellation);
        await client.OptOuts.RecordAsync(Stop, cancellationToken: Cancellation);
        await client.OptOuts.RecordAsync(Stop, "mine-7", Cancellation);
        Assert.Equal(3, _api.Requests.Select(r => r["Idempotency-Key"]).Distinct().Count());
        Assert.Equal("\"mine-7\"", _api.Requests[2]["Idempotency-Key"]);
    }

    [Fact]
    public async Task What_is_not_safe_to_repeat_is_sent_once()
    {
        var client = _api.Refuses(503, "overloaded").Client();
        await Assert.ThrowsAsync<OptOutUnavailableException>(
            () => client.Keys.CreateAsync(new NewApiKey("shop", ["recorder"]), Cancellation));
        await Assert.ThrowsAsync<OptOutUnavailableException>(
            () => client.Suppressions.CheckAsync("email", "a@example.com", "marketing", "email", Cancellation));
        Assert.Equal(2, _api.Requests.Count);
    }

    [Fact]
    public async Task Tries_are_bounded()
    {
        var client = _api.Refuses(503, "overloaded").Client(options => options.MaxAttempts = 3);
        var refusal = await Assert.ThrowsAsync<OptOutUnavailableException>(() => client.OptOuts.GetAsync("oo_1", Cancellation));
        Assert.Equal((3, "overloaded"), (_api.Requests.Count, refusal.Code));
    }

    [Fact]
    public async Task Retry_after_is_kept_and_a_longer_wait_than_the_callers_ends_the_call()
    {
        var client = _api.Refuses(503, "overloaded", ("Retry-After", "1")).Answers(200, Record).Client();
        var began = TimeProvider.System.GetTimestamp();
        await client.OptOuts.GetAsync("oo_1", Cancellation);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(950));

        var other = new Api();
        var refusal = await Assert.ThrowsAsync<OptOutUnavailableException>(
            () => other.Refuses(429, "too_many_requests", ("Retry-After", "60")).Client().OptOuts.GetAsync("oo_1", Cancellation));
        Assert.Equal((1, TimeSpan.FromSeconds(60)), (other.Requests.Count, refusal.RetryAfter!.Value));
    }

    [Theory]
    [InlineData(401, typeof(OptOutAccessException))]
    [InlineData(403, typeof(OptOutAccessException))]
    [InlineData(404, typeof(OptOutNotFoundException))]
    [InlineData(409, typeof(OptOutConflictException))]
    [InlineData(412, typeof(OptOutConflictException))]
    [InlineData(422, typeof(OptOutInvalidRequestException))]
    [InlineData(429, typeof(OptOutUnavailableException))]
    [InlineData(500, typeof(OptOutUnavailableException))]
    public async Task A_problem_document_becomes_a_typed_exception(int status, Type expected)
    {
        var client = _api.Refuses(status, "some_code").Client(options => options.MaxAttempts = 1);
        var refusal = await Assert.ThrowsAnyAsync<OptOutProblemException>(() => client.OptOuts.GetAsync("oo_1", Cancellation));
        Assert.IsType(expected, refusal);
        Assert.Equal(("some_code", (HttpStatusCode)status, "req_1"), (refusal.Code, refusal.Status, refusal.RequestId));
        Assert.Equal(new OptOutFieldError("/scope/purpose", "required", "Needed."), Assert.Single(refusal.Errors));
        Assert.True(refusal.Problem.Members!.ContainsKey("coveredBy"));
    }

    [Theory]
    [InlineData(200, """{ "id": "oo_1" }""")]
    [InlineData(200, """{ "id": "oo_1", "id": "oo_2" }""")]
    [InlineData(200, "<html>a proxy</html>")]
    [InlineData(404, "<html>a proxy</html>")]
    [InlineData(302, "")]
    public async Task What_is_no_answer_of_the_services_is_not_guessed_at(int status, string body)
    {
        var client = _api.Answers(status, body).Client(options => options.MaxAttempts = 1);
        await Assert.ThrowsAsync<OptOutUnreachableException>(() => client.OptOuts.GetAsync("oo_1", Cancellation));
    }

    [Theory]
    [InlineData("""{ "decision": "sure" }""")]
    [InlineData("""{ "decision": "GO" }""")]
    [InlineData("""{ "decision": null }""")]
    [InlineData("{}")]
    public async Task A_decision_that_is_not_one_is_never_go(string item)
    {
        var client = _api.Answers(200, $$"""{ "items": [ {{item}} ], "asOf": "2026-11-20T15:00:00.000Z", "sequence": "1" }""").Client();
        await Assert.ThrowsAsync<OptOutUnreachableException>(
            () => client.Suppressions.CheckAsync("email", "a@example.com", "marketing", "email", Cancellation));
    }

    [Fact]
    public async Task Fewer_answers_than_questions_are_no_answer()
    {
        var client = _api.Answers(200, """{ "items": [], "asOf": "2026-11-20T15:00:00.000Z", "sequence": "1" }""").Client();
        await Assert.ThrowsAsync<OptOutUnreachableException>(
            () => client.Suppressions.CheckAsync("email", "a@example.com", "marketing", "email", Cancellation));
    }

    [Fact]
    public async Task Cancelling_ends_a_call_at_once()
    {
        using var cancelled = new CancellationTokenSource(50);
        var client = _api.Answers((_, token) => Task.Delay(-1, token).ContinueWith<HttpResponseMessage>(
            _ => throw new TaskCanceledException(), TaskScheduler.Default)).Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.OptOuts.GetAsync("oo_1", cancelled.Token));
        Assert.Single(_api.Requests);
    }

    [Fact]
    public async Task A_service_that_hangs_is_given_up_after_the_attempts_time()
    {
        var client = _api.Answers(async (_, token) =>
        {
            await Task.Delay(-1, token);
            throw new InvalidOperationException();
        }).Client(options => (options.AttemptTimeout, options.MaxAttempts) = (TimeSpan.FromMilliseconds(20), 2));
        await Assert.ThrowsAsync<OptOutUnreachableException>(() => client.OptOuts.GetAsync("oo_1", Cancellation));
        Assert.Equal(2, _api.Requests.Count);
    }

    [Fact]
    public async Task Neither_key_nor_person_is_logged_or_thrown()
    {
        var client = _api.Refuses(422, "validation_failed").Client();
        var refusal = await Assert.ThrowsAnyAsync<OptOutException>(
            () => client.OptOuts.RecordAsync(Stop, cancellationToken: Cancellation));
        var said = string.Join('\n', _api.Log.Lines) + refusal + Stop + Stop.Subject.Identifiers![0];
        Assert.NotEmpty(_api.Log.Lines);
        Assert.DoesNotContain("AAAAAAAA", said, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@", said, StringComparison.Ordinal);
        Assert.Equal("Bearer " + Api.Key, _api.Requests[0]["Authorization"]);
    }

    [Fact]
    public async Task A_rotated_key_is_asked_for_at_each_request()
    {
        var keys = new Queue<string>([Api.Key, Api.Key.Replace('A', 'B')]);
        var client = _api.Answers(200, Record)
            .Client(options => (options.ApiKey, options.ApiKeyProvider) = (null, _ => ValueTask.FromResult(keys.Dequeue())));
        await client.OptOuts.GetAsync("oo_1", Cancellation);
        await client.OptOuts.GetAsync("oo_1", Cancellation);
        Assert.Equal(2, _api.Requests.Select(r => r["Authorization"]).Distinct().Count());
    }

    [Fact]
    public async Task A_list_is_read_to_its_end_and_ids_never_leave_their_segment()
    {
        _api.Answers(200, $$"""{ "data": [ {{Record}} ], "nextCursor": "a b" }""")
            .Answers(200, $$"""{ "data": [ {{Record}} ], "nextCursor": null }""");
        var client = _api.Client();
        var versions = new List<OptOutRecord>();
        await foreach (var version in client.OptOuts.VersionsAsync("oo_1/../x?y", Cancellation)) versions.Add(version);
        Assert.Equal(2, versions.Count);
        Assert.Equal("/base/v1/opt-outs/oo_1%2F..%2Fx%3Fy/versions?limit=200", _api.Requests[0].Path);
        Assert.EndsWith("&cursor=a%20b", _api.Requests[1].Path, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.OptOuts.GetAsync("..", Cancellation));
    }

    [Fact]
    public async Task A_reversal_names_the_version_that_the_person_saw()
    {
        await _api.Answers(201, Record).Client().OptOuts.ReverseAsync("oo_1", 3, "token", Cancellation);
        Assert.Equal(("\"3\"", """{"evidence":{"type":"token","token":"token"}}"""),
            (_api.Requests[0]["If-Match"], _api.Requests[0].Body));
        Assert.NotNull(_api.Requests[0]["Idempotency-Key"]);
    }

    [Fact]
    public async Task A_change_that_waits_for_a_second_person_is_no_result()
    {
        _api.Answers(202,
            """
            { "approvalId": "apr_1", "act": "purpose.edit", "target": "marketing", "state": "waiting", "requestedBy": "key:1",
              "requestedAt": "2026-11-20T15:00:00.000Z", "expiresAt": "2026-11-21T15:00:00.000Z", "approvedBy": null, "approvedAt": null }
            """);
        var change = await _api.Client().Purposes.PutAsync("marketing", new PurposeDefinition("Marketing"), 1, Cancellation);
        Assert.Null(change.Result);
        Assert.Equal("apr_1", change.Approval!.ApprovalId);
    }

    [Fact]
    public void Every_fault_of_the_configuration_is_said_at_once()
    {
        using var provider = new Api().Build(options =>
        {
            options.BaseAddress = new Uri("http://optout.example.com");
            options.ApiKey = "secret\nkey";
            options.MaxAttempts = 0;
            options.AttemptTimeout = TimeSpan.Zero;
        });
        var faults = Assert.Throws<OptionsValidationException>(
            () => provider.GetRequiredService<IOptions<OptOutClientOptions>>().Value);
        Assert.Equal(4, faults.Failures.Count());
        Assert.DoesNotContain("secret", faults.Message, StringComparison.Ordinal);
    }
}
