using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OptOut.Client;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Client;

/// <summary>A gate beside the real service: what is stopped there is stopped here, and what is not known is stopped too.</summary>
public sealed class GateTests(Servers servers) : IAsyncLifetime
{
    private static readonly string[] Asked = ["all", "marketing", "profiling", "analytics", "unheard_of"];
    private static readonly string[] Channels = ["any", "email", "sms", "pigeon"];

    private readonly string _directory = Servers.NewDirectory();
    private RunningService _service = null!;

    private string Snapshot => Path.Combine(_directory, "gate");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_directory);
        _service = await RunningService.StartAsync(servers);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_stop_reaches_the_gate_within_250_ms_of_its_answer_and_so_does_its_end()
    {
        var before = Stops.NewEmail();
        await _service.StopEmailAsync(before);
        await using var host = await (await GateHost.StartAsync(_service)).ReadyAsync();
        Assert.Equal(SuppressionAnswer.Suppressed, host.Ask(before));

        var lags = new List<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            var email = Stops.NewEmail();
            Assert.Equal(SuppressionAnswer.Allowed, host.Ask(email));
            await _service.StopEmailAsync(email);
            var answered = Stopwatch.GetTimestamp();
            await host.UntilAsync(() => host.Ask(email) == SuppressionAnswer.Suppressed);
            lags.Add(Stopwatch.GetElapsedTime(answered));
        }

        // One outlier of a busy machine is no proof of a slow gate.
        Assert.True(lags.Order().ElementAt(18) < TimeSpan.FromMilliseconds(250), string.Join(' ', lags));

        var again = await _service.StopEmailAsync(before);
        var token = await _service.TokenAsync(Stops.Email(before));
        Assert.Equal(201, (await _service.ReverseAsync(again.Id, token, again.Version())).Status);
        await host.UntilAsync(() => host.Ask(before) == SuppressionAnswer.Allowed);
    }

    [Fact]
    public async Task A_gate_says_what_the_service_says()
    {
        var email = Stops.NewEmail();
        await _service.StopAsync(Stops.Email(email), "marketing", "email");
        await _service.StopAsync(Stops.Email(email), "profiling");
        await using var host = await (await GateHost.StartAsync(_service)).ReadyAsync();
        string[] people =
        [
            email, email.ToUpperInvariant(), email.Replace("@", "+tag@", StringComparison.Ordinal), Stops.NewEmail(), "no address",
        ];
        foreach (var person in people)
            foreach (var purpose in Asked)
                foreach (var channel in Channels)
                {
                    var live = await host.Client.Suppressions.CheckAsync("email", person, purpose, channel, Cancellation);
                    var expected = live.Decision switch
                    {
                        SuppressionDecision.Go => SuppressionAnswer.Allowed,
                        SuppressionDecision.Stop => SuppressionAnswer.Suppressed,
                        _ => SuppressionAnswer.Unknown,
                    };
                    Assert.Equal((person, purpose, channel, expected),
                        (person, purpose, channel, host.Ask(person, purpose, channel)));
                }
    }

    [Fact]
    public async Task A_gate_that_is_cut_off_says_unknown_after_its_bound_and_catches_up_when_it_is_joined_again()
    {
        await using var relay = new Relay(_service.Http.BaseAddress!);
        var clock = new JumpingClock();
        await using var host = await (await GateHost.StartAsync(_service, relay.Address, clock: clock)).ReadyAsync();
        var (person, other) = (Stops.NewEmail(), Stops.NewEmail());
        relay.Cut();
        await _service.StopEmailAsync(person);
        Assert.Equal(SuppressionAnswer.Allowed, host.Ask(other));
        clock.Pass(TimeSpan.FromSeconds(31));
        Assert.Equal((SuppressionAnswer.Unknown, SuppressionAnswer.Unknown), (host.Ask(other), host.Ask(person)));
        Assert.Equal(GateState.Stale, host.Gate.Status.State);

        relay.Heal();
        await host.ReadyAsync();
        Assert.Equal((SuppressionAnswer.Allowed, SuppressionAnswer.Suppressed), (host.Ask(other), host.Ask(person)));
    }

    [Fact]
    public async Task A_restart_from_an_old_snapshot_answers_nothing_before_it_has_caught_up()
    {
        var (early, late) = (Stops.NewEmail(), Stops.NewEmail());
        await _service.StopEmailAsync(early);
        await using var relay = new Relay(_service.Http.BaseAddress!);
        await using (var first = await (await GateHost.StartAsync(_service, relay.Address, Snapshot)).ReadyAsync())
            Assert.Equal(SuppressionAnswer.Suppressed, first.Ask(early));
        await _service.StopEmailAsync(late);

        relay.Cut();
        await using var second = await GateHost.StartAsync(_service, relay.Address, Snapshot);
        await second.UntilAsync(() => second.Gate.Status is { Cause: "catching_up", Entries: > 0 });
        Assert.Equal((SuppressionAnswer.Unknown, SuppressionAnswer.Unknown), (second.Ask(early), second.Ask(late)));
        Assert.Equal(GateState.NotReady, second.Gate.Status.State);

        relay.Heal();
        while (second.Gate.Status.State != GateState.Ready)
        {
            Assert.NotEqual(SuppressionAnswer.Allowed, second.Ask(late));
            await Task.Yield();
        }

        Assert.Equal((SuppressionAnswer.Suppressed, SuppressionAnswer.Suppressed), (second.Ask(early), second.Ask(late)));
        Assert.Equal(SuppressionAnswer.Allowed, second.Ask(Stops.NewEmail()));
    }

    [Fact]
    public async Task A_tampered_snapshot_is_not_used_and_the_whole_list_is_fetched()
    {
        var person = Stops.NewEmail();
        await _service.StopEmailAsync(person);
        await using (await (await GateHost.StartAsync(_service, snapshot: Snapshot)).ReadyAsync())
        {
        }

        var bytes = await File.ReadAllBytesAsync(Snapshot, Cancellation);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(Snapshot, bytes, Cancellation);
        await using var host = await GateHost.StartAsync(_service, snapshot: Snapshot);
        while (host.Gate.Status.State != GateState.Ready)
        {
            Assert.NotEqual(SuppressionAnswer.Allowed, host.Ask(person));
            await Task.Yield();
        }

        Assert.Equal(SuppressionAnswer.Suppressed, host.Ask(person));
    }

    [Fact]
    public async Task A_missing_change_is_noticed_and_fetched_again()
    {
        var lossy = new LossyFeed();
        await using var host = await (await GateHost.StartAsync(
            _service, more: client => client.Http.AddHttpMessageHandler(() => lossy))).ReadyAsync();
        var (lost, next) = (Stops.NewEmail(), Stops.NewEmail());
        lossy.LoseNext();
        await _service.StopEmailAsync(lost);
        await _service.StopEmailAsync(next);
        await host.UntilAsync(() => host.Ask(next) == SuppressionAnswer.Suppressed);
        Assert.Equal(SuppressionAnswer.Suppressed, host.Ask(lost));
        Assert.Equal(1, host.Gate.Status.Gaps);
    }

    [Fact]
    public async Task A_clock_that_jumps_back_changes_nothing_and_one_that_runs_ahead_asks_the_service_again()
    {
        var clock = new JumpingClock();
        await using var relay = new Relay(_service.Http.BaseAddress!);
        await using var host = await (await GateHost.StartAsync(_service, relay.Address, clock: clock)).ReadyAsync();
        var person = Stops.NewEmail();
        clock.Jump(TimeSpan.FromHours(-3));
        Assert.Equal(SuppressionAnswer.Allowed, host.Ask(person));
        clock.Pass(TimeSpan.FromSeconds(31));
        relay.Cut();
        Assert.Equal(SuppressionAnswer.Unknown, host.Ask(person));
        relay.Heal();
        await host.ReadyAsync();

        relay.Cut();
        clock.Jump(TimeSpan.FromHours(5));
        await host.UntilAsync(() => host.Ask(person) == SuppressionAnswer.Unknown);
        Assert.Equal("clock_jumped", host.Gate.Status.Cause);
        relay.Heal();
        await host.ReadyAsync();
    }

    [Fact]
    public async Task A_key_without_the_gate_role_gets_no_list()
    {
        await using var host = await GateHost.StartAsync(_service, key: await _service.KeyOfAsync("recorder"));
        await host.UntilAsync(() => host.Gate.Status.State == GateState.Error);
        Assert.Equal("refused_403", host.Gate.Status.Cause);
        Assert.Equal(SuppressionAnswer.Unknown, host.Ask(Stops.NewEmail()));
    }

    [Fact]
    public async Task What_a_gate_blocks_is_on_record_with_the_opt_out()
    {
        var email = Stops.NewEmail();
        var stop = await _service.StopEmailAsync(email);
        await using var host = await (await GateHost.StartAsync(_service)).ReadyAsync();
        Assert.Equal(SuppressionAnswer.Suppressed, host.Ask(email.Replace("@", "+x@", StringComparison.Ordinal), "marketing", "sms"));
        var reading = await GateHost.StartAsync(_service, key: await _service.KeyOfAsync("reader"));
        await using (reading)
        {
            var found = new List<RecordedDecision>();
            var began = Stopwatch.GetTimestamp();
            while (found.Count == 0 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10))
            {
                await Task.Delay(50, Cancellation);
                await foreach (var decision in reading.Client.OptOuts.DecisionsAsync(stop.Id, Cancellation)) found.Add(decision);
            }

            var blocked = Assert.Single(found);
            Assert.Equal(("marketing", "sms", "blocked", "gate", 1),
                (blocked.Purpose, blocked.Channel, blocked.Outcome, blocked.Mode, blocked.Version));
        }

        Assert.Equal(0, host.Gate.Status.UnreportedStops);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
