using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.IntegrationTests.Recording;

/// <summary>What waits is bounded, what was accepted is answered, and the broker has no say in it.</summary>
public sealed class LoadTests(Servers servers)
{
    [Fact]
    public async Task A_full_queue_is_503_at_once_with_Retry_After_and_what_was_accepted_is_recorded()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Recording:WaitingRequests=8");
        await service.KeyOfAsync("recorder");
        var key = Stops.NewKey();
        Task<Answer>[] posts;
        Answer refused;
        await using (await Stall.StartAsync(service))
        {
            var first = service.StopEmailAsync(Stops.NewEmail());
            await Stall.UntilWaitingAsync(service);
            posts = [first, .. Enumerable.Range(0, 40).Select(_ => service.StopEmailAsync(Stops.NewEmail()))];
            await UntilAsync(() => posts.Count(post => post.IsCompleted) == 32);
            refused = await service.StopAsync(Stops.Email(Stops.NewEmail()), key: key);
        }

        var answers = await Task.WhenAll(posts);
        Assert.Equal((503, "overloaded"), (refused.Status, refused.Code));
        Assert.Equal("1", refused.Header("Retry-After"));
        Assert.Equal(9, answers.Count(answer => answer.Status == 201));
        Assert.Equal(32, answers.Count(answer => answer is { Status: 503, Code: "overloaded" }));
        Assert.Equal(9L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version"));
        // A refusal of ours uses up no key.
        Assert.Equal(201, (await service.StopAsync(Stops.Email(Stops.NewEmail()), key: key)).Status);
    }

    [Fact]
    public async Task The_records_of_waiting_batches_are_bounded_whatever_the_number_of_requests()
    {
        await using var service = await RunningService.StartAsync(servers, "--OptOut:Recording:WaitingRecords=1000");
        await service.KeyOfAsync("recorder");
        Task<Answer> first, fitting;
        Answer refused;
        await using (await Stall.StartAsync(service))
        {
            first = service.StopEmailAsync(Stops.NewEmail());
            await Stall.UntilWaitingAsync(service);
            fitting = service.PostAsync("/v1/opt-outs/batch", Batch(900));
            await UntilAsync(() => Waiting(service) == 900);
            refused = await service.PostAsync("/v1/opt-outs/batch", Batch(101));
        }

        Assert.Equal("overloaded", refused.Code);
        Assert.Equal(201, (await first).Status);
        Assert.Equal(207, (await fitting).Status);
        Assert.Equal(207, (await service.PostAsync("/v1/opt-outs/batch", Batch(1_000))).Status);
    }

    [Fact]
    public async Task A_caller_that_goes_away_does_not_undo_what_was_accepted()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.KeyOfAsync("recorder");
        var email = Stops.NewEmail();
        using var patience = new CancellationTokenSource();
        await using (await Stall.StartAsync(service))
        {
            using var content = new StringContent(Stops.Body(Stops.Email(email)), Encoding.UTF8, "application/json");
            var post = service.SendAsync(HttpMethod.Post, "/v1/opt-outs", content, "recorder", cancellation: patience.Token);
            await Stall.UntilWaitingAsync(service);
            await patience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => post);
        }

        Assert.Equal(200, (await service.StopEmailAsync(email)).Status);
    }

    [Fact]
    public async Task A_stop_of_the_service_answers_every_request_that_it_accepted()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.KeyOfAsync("recorder");
        Task<Answer>[] posts;
        Task stopped;
        await using (await Stall.StartAsync(service))
        {
            var first = service.StopEmailAsync(Stops.NewEmail());
            await Stall.UntilWaitingAsync(service);
            posts = [first, .. Enumerable.Range(1, 199).Select(_ => service.StopEmailAsync(Stops.NewEmail()))];
            await UntilAsync(() => Waiting(service) == 199);
            stopped = service.StopAsync();
        }

        var answers = await Task.WhenAll(posts);
        await stopped;
        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        Assert.Equal(200L, await service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broker_that_is_gone_never_blocks_recording(bool configured)
    {
        // Nobody listens on port 1 of this host.
        await using var service = configured
            ? await RunningService.StartAsync(servers, "--RabbitMq:Uri=amqp://guest:guest@127.0.0.1:1/")
            : await RunningService.StartAsync(servers);

        var started = TimeProvider.System.GetTimestamp();
        var answer = await service.StopEmailAsync(Stops.NewEmail());

        Assert.Equal(201, answer.Status);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.Equal(200, (await service.GetAsync("/health/ready", "")).Status);
    }

    private static string Batch(int count) => $$"""
        { "items": [ {{string.Join(',', Enumerable.Range(0, count).Select(_ => Stops.Body(Stops.Email(Stops.NewEmail()))))}} ] }
        """;

    private static int Waiting(RunningService service) =>
        service.App.Services.GetRequiredService<RecordingWriter>().WaitingRecords;

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
            await Task.Delay(10, deadline.Token);
    }
}
