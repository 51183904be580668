using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

[Collection(RecordingCollection.Name)]
public sealed class IdempotencyTests(RecordingService recording)
{
    private RunningService Service => recording.Service;

    [Fact]
    public async Task A_repeated_request_gets_the_stored_answer_byte_for_byte_and_writes_nothing()
    {
        var person = Stops.Email(Stops.NewEmail());
        var key = Stops.NewKey();

        var first = await Service.StopAsync(person, key: key);
        var again = await Service.StopAsync(person, key: key);

        Assert.Equal(201, first.Status);
        Assert.Null(first.Header("Idempotent-Replayed"));
        Assert.Equal(201, again.Status);
        Assert.Equal("true", again.Header("Idempotent-Replayed"));
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
        Assert.Equal(first.Header("Location"), again.Header("Location"));
        Assert.Equal(first.ContentType, again.ContentType);
        Assert.Equal(0, await Service.LeavesAsync(first.Raw(), "reaffirmed"));
    }

    [Fact]
    public async Task The_stored_answer_outlives_the_process_that_gave_it()
    {
        var person = Stops.Email(Stops.NewEmail());
        var key = Stops.NewKey();
        var first = await Service.StopAsync(person, key: key);
        await using var replica = await Service.StartReplicaAsync();
        await Service.ShareKeyAsync("recorder", replica);

        var again = await replica.StopAsync(person, key: key);

        Assert.Equal("true", again.Header("Idempotent-Replayed"));
        Assert.Equal(first.Body, again.Body);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        var key = Stops.NewKey();
        await Service.StopAsync(Stops.Email(Stops.NewEmail()), key: key);
        var other = Stops.NewEmail();

        var refused = await Service.StopAsync(Stops.Email(other), key: key);

        Assert.Equal(422, refused.Status);
        Assert.Equal("idempotency_key_reused", refused.Code);
        Assert.DoesNotContain(other, refused.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(201, (await Service.StopAsync(Stops.Email(other))).Status);
    }

    [Fact]
    public async Task A_bare_key_and_the_same_key_quoted_are_one()
    {
        var person = Stops.Email(Stops.NewEmail());
        var key = Stops.NewKey();

        await Service.StopAsync(person, key: key);
        var again = await Service.StopAsync(person, key: $"\"{key}\"");

        Assert.Equal("true", again.Header("Idempotent-Replayed"));
    }

    [Fact]
    public async Task Another_caller_or_another_route_with_the_same_key_is_another_request()
    {
        var email = Stops.NewEmail();
        var key = Stops.NewKey();

        var first = await Service.StopAsync(Stops.Email(email), key: key);
        var otherCaller = await Service.StopAsync(Stops.Email(email), role: "portal", key: key);
        var otherRoute = await Service.PostAsync(
            "/v1/opt-outs/batch", $$"""{ "items": [ {{Stops.Body(Stops.Email(email))}} ] }""", idempotencyKey: key);

        Assert.Equal(201, first.Status);
        Assert.Equal(200, otherCaller.Status);
        Assert.Null(otherCaller.Header("Idempotent-Replayed"));
        Assert.Equal(207, otherRoute.Status);
        Assert.Null(otherRoute.Header("Idempotent-Replayed"));
    }

    [Fact]
    public async Task While_the_first_is_running_the_second_is_told_to_wait()
    {
        var person = Stops.Email(Stops.NewEmail());
        var key = Stops.NewKey();
        await Service.KeyOfAsync("recorder");
        var stall = await Stall.StartAsync(Service);
        Task<Answer> first;
        Answer second;
        await using (stall)
        {
            first = Service.StopAsync(person, key: key);
            await Stall.UntilWaitingAsync(Service);
            second = await Service.StopAsync(person, key: key);
        }

        Assert.Equal(409, second.Status);
        Assert.Equal("idempotency_in_progress", second.Code);
        Assert.Equal("1", second.Header("Retry-After"));
        Assert.Equal(201, (await first).Status);
        var third = await Service.StopAsync(person, key: key);
        Assert.Equal((await first).Body, third.Body);
        Assert.Equal("true", third.Header("Idempotent-Replayed"));
    }

    /// <summary>One key over two replicas: the second waits in the database for the first, and replays it.</summary>
    [Fact]
    public async Task Many_at_once_with_one_key_over_two_replicas_execute_once()
    {
        await using var replica = await Service.StartReplicaAsync();
        await Service.ShareKeyAsync("recorder", replica);
        var person = Stops.Email(Stops.NewEmail());
        var key = Stops.NewKey();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(i => (i % 2 == 0 ? Service : replica).StopAsync(person, key: key)));

        Assert.Single(answers, answer => answer.Status == 201 && answer.Header("Idempotent-Replayed") is null);
        Assert.Single(answers.Where(answer => answer.Status == 201).Select(answer => answer.Text).Distinct());
        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[201, 409]));
        Assert.Equal(0, await Service.LeavesAsync(answers.First(answer => answer.Status == 201).Raw(), "reaffirmed"));
    }

    [Fact]
    public async Task A_caller_that_repeats_as_soon_as_it_is_answered_is_never_told_to_wait()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            var person = Stops.Email(Stops.NewEmail());
            var key = Stops.NewKey();
            for (var i = 0; i < 20; i++)
                Assert.Equal(201, (await Service.StopAsync(person, key: key)).Status);
        }));
    }

    [Fact]
    public async Task A_decided_refusal_is_replayed_too()
    {
        const string Body = """{ "subject": { "id": "sub_00000000000000000000000000000000" }, "scope": { "purpose": "marketing" } }""";
        var key = Stops.NewKey();

        var first = await Service.PostAsync("/v1/opt-outs", Body, idempotencyKey: key);
        var again = await Service.PostAsync("/v1/opt-outs", Body, idempotencyKey: key);

        Assert.Equal(422, first.Status);
        Assert.Equal("application/problem+json", first.ContentType);
        Assert.Equal("true", again.Header("Idempotent-Replayed"));
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(first.ContentType, again.ContentType);
    }

    /// <summary>What could not be read was never executed: a corrected stop must not be refused for its key.</summary>
    [Fact]
    public async Task A_body_that_could_not_be_read_does_not_use_up_its_key()
    {
        var key = Stops.NewKey();
        Assert.Equal(400, (await Service.PostAsync("/v1/opt-outs", "{", idempotencyKey: key)).Status);
        Assert.Equal(422, (await Service.StopAsync(Stops.Email("no address"), key: key)).Status);

        Assert.Equal(201, (await Service.StopAsync(Stops.Email(Stops.NewEmail()), key: key)).Status);
    }

    [Fact]
    public async Task A_key_stands_for_twenty_four_hours_and_no_longer()
    {
        var person = Stops.Email(Stops.NewEmail());
        var (young, old) = (Stops.NewKey(), Stops.NewKey());
        await Service.StopAsync(person, key: young);
        await Service.StopAsync(person, key: old);
        await Service.RunAsync(
            $"""
            UPDATE optout.idempotency SET created_at = now() - interval '23 hours 59 minutes' WHERE key = '{young}';
            UPDATE optout.idempotency SET created_at = now() - interval '24 hours 1 minute' WHERE key = '{old}';
            """);

        Assert.Equal("true", (await Service.StopAsync(person, key: young)).Header("Idempotent-Replayed"));
        Assert.Null((await Service.StopAsync(person, key: old)).Header("Idempotent-Replayed"));
        // Used anew, it stands for another day.
        Assert.Equal("true", (await Service.StopAsync(person, key: old)).Header("Idempotent-Replayed"));
    }

    [Theory]
    [InlineData("\"unfinished")]
    [InlineData("with space")]
    [InlineData("\"\"")]
    public async Task A_key_that_cannot_be_read_is_refused(string key)
    {
        var answer = await Service.StopAsync(Stops.Email(Stops.NewEmail()), key: key);

        Assert.Equal(400, answer.Status);
        Assert.Equal("idempotency_key_invalid", answer.Code);
    }
}
