using OptOut.Contracts;

namespace OptOut.Compliance;

/// <summary>
/// What every channel owes, whatever it is made of. A channel inherits this and says how one connects to it.
/// </summary>
public abstract class DeliveryChannelCompliance
{
    /// <summary>A system of this channel under its own purpose, whose contract names these identifier types, plain.</summary>
    protected abstract Task<ChannelUnderTest> ConnectAsync(params string[] identifiers);

    /// <summary>An identifier type that the channel's systems know people by.</summary>
    protected virtual string IdentifierType => "email";

    [Fact]
    public async Task It_delivers_at_least_once_under_one_id_with_evidence_of_each_try()
    {
        await using var channel = await ConnectAsync(IdentifierType);
        var optOut = await channel.StopAsync((IdentifierType, NewValue()));
        var first = await channel.TakeAsync();
        for (var tries = 1; tries <= 2; tries++)
        {
            await channel.UntilAsync(optOut, facts => facts.Tries.Count >= tries, "no try");
            await channel.TryAgainAsync(first.DeliveryId);
            var again = await channel.TakeAsync();
            Assert.Equal((first.DeliveryId, first.Fixed), (again.DeliveryId, again.Fixed));
        }

        var told = await channel.UntilAsync(optOut, facts => facts.Tries.Count >= 3, "no third try");
        Assert.Equal(first.DeliveryId, told.Id);
        Assert.Equal(Enumerable.Range(1, told.Tries.Count), told.Tries.Select(one => one.Number));
        Assert.All(told.Tries, one => Assert.True(
            one.StartedAt <= one.EndedAt && one.Worker.Length > 0 && one.Outcome is "sent" or "acknowledged", one.ToString()));
    }

    [Fact]
    public async Task It_leaks_no_secret_and_no_identifier_but_those_of_the_contract_and_these_only_to_the_system()
    {
        await using var channel = await ConnectAsync(IdentifierType);
        var mark = Guid.CreateVersion7().ToString("N");
        var named = NewValue(mark);
        string other = IdentifierType == "device_id" ? "user_id" : "device_id";
        await channel.StopAsync((IdentifierType, named), (other, "other" + mark));

        var handed = await channel.TakeAsync();

        Assert.Contains(named, handed.Content, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("other" + mark, handed.Content, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(mark, handed.Beside, StringComparison.OrdinalIgnoreCase);
        var traces = await channel.TracesAsync();
        Assert.NotEmpty(traces);
        Assert.DoesNotContain(mark, traces, StringComparison.OrdinalIgnoreCase);
        Assert.All(channel.Secrets, secret =>
        {
            Assert.DoesNotContain(secret, traces, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, handed.Content, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task It_never_hands_over_a_version_after_a_newer_one()
    {
        await using var channel = await ConnectAsync(IdentifierType);
        var optOut = await channel.StopAsync((IdentifierType, NewValue()));
        for (var round = 0; round < 2; round++)
        {
            await channel.ReverseAsync(optOut);
            await channel.StopAgainAsync(optOut);
        }

        var newest = await channel.UntilAsync(optOut, facts => facts.Version == 5, "no fifth version");
        var seen = new List<HandedEvent>();
        while (seen is [] || seen[^1].DeliveryId != newest.Id)
            seen.Add(await channel.TakeAsync());
        var versions = seen.Where(one => one.Version is not null).Select(one => one.Version!.Value).ToList();
        Assert.Equal(versions.Order(), versions);
        // Each delivery is handed over in one stretch: what came before is not come back to.
        var stretches = seen.Select(one => one.DeliveryId).Aggregate(new List<string>(), (list, id) =>
        {
            if (list is [] || list[^1] != id)
                list.Add(id);
            return list;
        });
        Assert.Equal(stretches.Distinct().Count(), stretches.Count);
    }

    [Fact]
    public async Task It_is_complete_only_by_the_systems_own_word()
    {
        await using var channel = await ConnectAsync(IdentifierType);
        var optOut = await channel.StopAsync((IdentifierType, NewValue()));
        var handed = await channel.TakeAsync();
        await channel.UntilAsync(optOut, facts => facts.State == "sent", "never sent");
        Assert.Equal("pending", await channel.RollUpAsync(optOut));

        await channel.SayAsync(handed, AcknowledgementOutcome.Applied);

        await channel.UntilAsync(optOut, facts => facts.State is "applied" or "verified", "never applied");
        Assert.Equal("complete", await channel.RollUpAsync(optOut));
    }

    [Fact]
    public async Task It_keeps_the_stored_schedule_after_a_try_without_a_word()
    {
        await using var channel = await ConnectAsync(IdentifierType);
        var optOut = await channel.StopAsync((IdentifierType, NewValue()));
        await channel.TakeAsync();

        var sent = await channel.UntilAsync(optOut, facts => facts.State == "sent" && facts.Tries.Count > 0, "never sent");

        // What was taken is not asked about before the objective, and the time is stored, so that a restart keeps it.
        Assert.NotNull(sent.NextAttemptAt);
        Assert.True(sent.NextAttemptAt >= sent.ApplyBy - TimeSpan.FromSeconds(1), sent.ToString());
    }

    [Fact]
    public async Task It_gives_up_a_call_that_nobody_answers_and_keeps_the_delivery_open()
    {
        await using var channel = await ConnectAsync(IdentifierType);
        if (!await channel.FallSilentAsync())
            return; // Nobody is called here: the broker's confirms and the fetches have tests of their own.
        var optOut = await channel.StopAsync((IdentifierType, NewValue()));

        var open = await channel.UntilAsync(
            optOut, facts => facts.State != "pending" && facts.Tries.Count > 0, "never given up");

        Assert.Equal(("retrying", "timed_out"), (open.State, open.Tries[0].Outcome));
        Assert.NotNull(open.NextAttemptAt);
    }

    private string NewValue(string? mark = null) => IdentifierType switch
    {
        "email" => $"p{mark ?? Guid.CreateVersion7().ToString("N")}@example.com",
        _ => "p" + (mark ?? Guid.CreateVersion7().ToString("N")),
    };
}
