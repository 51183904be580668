using Microsoft.Extensions.DependencyInjection;
using OptOut.Contracts;
using OptOut.Subscriber;
using OptOut.Subscriber.Processing;

namespace OptOut.Tests.Subscriber;

public sealed class ProcessorTests : IAsyncDisposable
{
    private readonly RecordingHandler _handler = new();
    private readonly ServiceProvider _services;

    public ProcessorTests()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton<IOptOutHandler>(_handler);
        services.AddOptOutSubscriber<RecordingHandler>(options =>
        {
            options.System = "crm";
            options.Secret = Told.Secret.Reveal();
            options.MaxAttempts = 3;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
            options.HandlerTimeout = TimeSpan.FromMilliseconds(200);
        }).FenceInMemory();
        _services = services.BuildServiceProvider();
    }

    [Fact]
    public async Task A_new_version_is_handed_on_and_acknowledged_with_what_was_done()
    {
        var answer = await ProcessAsync(Told.Version(1));
        Assert.Equal(AcknowledgementOutcome.Applied, answer.Outcome);
        Assert.Equal(("dlv_1_1", "oo_1", 1, "hash-1-1"), (answer.DeliveryId, answer.OptOutId, answer.Version, answer.RecordHash));
        Assert.Equal(AppliedAction.Suppressed, Assert.Single(answer.Actions).Action);
        Assert.NotNull(answer.AppliedAt);
    }

    [Fact]
    public async Task A_repeated_delivery_is_acknowledged_the_same_without_calling_the_handler_again()
    {
        var first = await ProcessAsync(Told.Version(1));
        var again = await ProcessAsync(Told.Version(1));
        Assert.Equal(first.ToUtf8Bytes(), again.ToUtf8Bytes());
        Assert.Single(_handler.Notices);
    }

    [Fact]
    public async Task A_resend_under_a_new_delivery_is_acknowledged_for_that_delivery()
    {
        var first = Told.Version(1);
        await ProcessAsync(first);
        var answer = await ProcessAsync(first with { Data = first.Data with { DeliveryId = "dlv_new" } });
        Assert.Equal(("dlv_new", AcknowledgementOutcome.Applied), (answer.DeliveryId, answer.Outcome));
    }

    [Fact]
    public async Task An_older_version_is_never_handed_on_and_claims_nothing()
    {
        await ProcessAsync(Told.Version(2));
        var answer = await ProcessAsync(Told.Version(1));
        Assert.Equal((AcknowledgementOutcome.Received, "superseded"), (answer.Outcome, answer.Reason));
        Assert.Null(answer.AppliedAt);
        Assert.Equal(2, Assert.Single(_handler.Notices).Data.Version);
    }

    [Fact]
    public async Task Another_record_under_a_settled_number_is_refused()
    {
        await ProcessAsync(Told.Version(1));
        var answer = await ProcessAsync(Told.Version(1, recordHash: "other"));
        Assert.Equal((AcknowledgementOutcome.Refused, "version_conflict"), (answer.Outcome, answer.Reason));
        Assert.Single(_handler.Notices);
    }

    [Fact]
    public async Task A_handler_that_throws_is_tried_again_and_then_acknowledged_as_failed_without_the_exceptions_text()
    {
        _handler.Answer = (_, _) => throw new InvalidOperationException("ada@example.com broke it");
        var answer = await ProcessAsync(Told.Version(1));
        Assert.Equal(AcknowledgementOutcome.Failed, answer.Outcome);
        Assert.DoesNotContain("ada", answer.Reason, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], _handler.Notices.Select(notice => notice.Attempt));
    }

    [Fact]
    public async Task A_failure_is_not_remembered_so_a_resend_can_still_succeed()
    {
        _handler.Answer = (_, _) => Task.FromResult(HandlingResult.Failed("locked"));
        var failed = await ProcessAsync(Told.Version(1));
        Assert.Equal((AcknowledgementOutcome.Failed, "locked"), (failed.Outcome, failed.Reason));

        _handler.Answer = (_, _) => Task.FromResult(HandlingResult.NoMatch());
        Assert.Equal(AcknowledgementOutcome.NoMatch, (await ProcessAsync(Told.Version(1))).Outcome);
    }

    [Fact]
    public async Task A_refusal_keeps_older_versions_out_but_a_resend_asks_again()
    {
        _handler.Answer = (_, _) => Task.FromResult(HandlingResult.Refused("legal hold"));
        Assert.Equal("legal hold", (await ProcessAsync(Told.Version(2))).Reason);
        Assert.Equal(AcknowledgementOutcome.Received, (await ProcessAsync(Told.Version(1))).Outcome);

        _handler.Answer = (_, _) => Task.FromResult(HandlingResult.Applied());
        Assert.Equal(AcknowledgementOutcome.Applied, (await ProcessAsync(Told.Version(2))).Outcome);
    }

    [Fact]
    public async Task A_handler_that_hangs_is_cut_off_each_time()
    {
        _handler.Answer = async (_, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            return HandlingResult.Applied();
        };
        Assert.Equal(AcknowledgementOutcome.Failed, (await ProcessAsync(Told.Version(1))).Outcome);
        Assert.Equal(3, _handler.Notices.Count);
    }

    [Fact]
    public async Task The_budget_of_a_webhook_ends_the_attempts()
    {
        _handler.Answer = async (_, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            return HandlingResult.Applied();
        };
        var answer = await Processor.ProcessAsync(Told.Version(1), TimeSpan.FromMilliseconds(50), Cancellation);
        Assert.Equal(AcknowledgementOutcome.Failed, answer.Outcome);
        Assert.Single(_handler.Notices);
    }

    [Fact]
    public async Task A_process_that_stops_acknowledges_nothing()
    {
        using var stopping = new CancellationTokenSource();
        _handler.Answer = async (_, cancellation) =>
        {
            await stopping.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            return HandlingResult.Applied();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Processor.ProcessAsync(Told.Version(1), null, stopping.Token));
    }

    [Fact]
    public async Task What_was_done_is_remembered_even_if_the_process_stops_meanwhile()
    {
        using var stopping = new CancellationTokenSource();
        _handler.Answer = async (_, _) =>
        {
            await stopping.CancelAsync();
            return HandlingResult.Applied();
        };
        await Processor.ProcessAsync(Told.Version(1), null, stopping.Token);
        Assert.Equal(AcknowledgementOutcome.Applied, (await ProcessAsync(Told.Version(1))).Outcome);
        Assert.Single(_handler.Notices);
    }

    [Fact]
    public async Task Deliveries_of_one_opt_out_never_overlap_and_others_do_not_wait_for_them()
    {
        var inside = 0;
        var release = new TaskCompletionSource();
        _handler.Answer = async (notice, _) =>
        {
            if (notice.Data.OptOutId == "oo_other") return HandlingResult.Applied();
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await release.Task;
            Interlocked.Decrement(ref inside);
            return HandlingResult.Applied();
        };
        var same = Enumerable.Range(1, 20).Select(_ => ProcessAsync(Told.Version(1))).ToList();
        Assert.Equal(AcknowledgementOutcome.Applied, (await ProcessAsync(Told.Version(1, "other"))).Outcome);
        release.SetResult();
        Assert.All(await Task.WhenAll(same), answer => Assert.Equal(AcknowledgementOutcome.Applied, answer.Outcome));
        Assert.Single(_handler.Notices, notice => notice.Data.OptOutId == "oo_1");
    }

    [Fact]
    public async Task A_newer_version_need_not_wait_for_an_older_one_that_fails()
    {
        var failing = new TaskCompletionSource();
        _handler.Answer = (notice, _) =>
        {
            if (notice.Data.Version == 2) return Task.FromResult(HandlingResult.Applied());
            failing.TrySetResult();
            throw new InvalidOperationException("always");
        };
        var older = ProcessAsync(Told.Version(1));
        await failing.Task;
        Assert.Equal(AcknowledgementOutcome.Applied, (await ProcessAsync(Told.Version(2))).Outcome);
        var answer = await older;
        Assert.True(answer.Outcome is AcknowledgementOutcome.Failed or AcknowledgementOutcome.Received);
    }

    [Fact]
    public async Task A_result_beyond_the_contracts_bounds_fails_here_and_not_at_the_service()
    {
        _handler.Answer = (_, _) => Task.FromResult(HandlingResult.Applied("", AppliedAction.Deleted, -1));
        var answer = await ProcessAsync(Told.Version(1));
        Assert.Equal((AcknowledgementOutcome.Failed, "result_out_of_bounds"), (answer.Outcome, answer.Reason));
    }

    [Theory]
    [InlineData(2, 0.5, 200)]
    [InlineData(3, 0.5, 400)]
    [InlineData(3, 0.0, 320)]
    [InlineData(3, 1.0, 480)]
    [InlineData(1_000, 0.5, 5_000)]
    public void Pauses_double_up_to_their_bound(int attempt, double chance, double expected) =>
        Assert.Equal(expected, Backoff.Pause(
            attempt, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), chance).TotalMilliseconds, 3);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private NoticeProcessor Processor => _services.GetRequiredService<NoticeProcessor>();

    private Task<Acknowledgement> ProcessAsync(OptOutEvent told) => Processor.ProcessAsync(told, null, Cancellation);
}
