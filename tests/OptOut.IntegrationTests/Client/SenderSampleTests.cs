using System.Diagnostics;
using System.Net;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Propagation;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Client;

/// <summary>The sample sender, built and run, against the real service over a cable that can be cut.</summary>
public sealed class SenderSampleTests(Servers servers)
{
    private const int BoundSeconds = 6;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_sender_sends_nothing_from_250_ms_after_a_stop_nothing_once_it_is_cut_off_and_a_restart_keeps_that_true()
    {
        var directory = Directory.CreateDirectory(Servers.NewDirectory()).FullName;
        string[] people = [Stops.NewEmail(), Stops.NewEmail(), Stops.NewEmail()];
        var other = Stops.NewEmail();
        await using var mail = await MailServer.StartAsync();
        await using var service = await RunningService.StartAsync(servers);
        await using var relay = new Relay(service.Http.BaseAddress!);
        var environment = new Dictionary<string, string>
        {
            ["OPTOUT_URL"] = relay.Address.ToString(), ["OPTOUT_API_KEY"] = await service.KeyOfAsync("gate"),
            ["OPTOUT_BOUND_SECONDS"] = $"{BoundSeconds}", ["OPTOUT_SNAPSHOT"] = Path.Combine(directory, "gate"),
            ["OPTOUT_SNAPSHOT_KEY"] = GateHost.SnapshotKey, ["MAIL_URL"] = mail.Url.ToString(),
            ["SENDER_PEOPLE"] = string.Join(',', [.. people, other]), ["SENDER_PAUSE_MS"] = "10",
        };

        await using (var sender = await SampleProcess.StartAsync("Sender", SdkSystem.FreeUrl(), environment, "/status"))
        {
            await UntilAsync(() => people.Append(other).All(one => mail.To(one) > 5));
            var presses = new List<(string Person, long At)>();
            foreach (var one in people)
            {
                await service.StopEmailAsync(one);
                presses.Add((one, Stopwatch.GetTimestamp()));
                await Task.Delay(2 * Soon, TestContext.Current.CancellationToken);
            }

            // Of three presses one may show what the sender can do on a machine where mails themselves wait to arrive.
            Assert.Contains(presses, press => mail.LaterThan(press.Person, press.At, Soon) == 0);
            await service.StopAsync(Stops.Email(other), "profiling");
            await UntilAsync(() => Status(sender, other) == HttpStatusCode.Forbidden);
            Assert.Equal(HttpStatusCode.OK, Status(sender, Stops.NewEmail()));
            Assert.Equal([other], JsonSerializer.Deserialize<string[]>(
                await sender.Http.GetStringAsync("/export", TestContext.Current.CancellationToken))!);

            relay.Cut();
            await UntilAsync(() => Gate(sender) == "Stale");
            var before = mail.Count;
            await Task.Delay(Soon, TestContext.Current.CancellationToken);
            Assert.InRange(mail.Count, before, before + 1);
            Assert.All(presses, press => Assert.Equal(0, mail.LaterThan(press.Person, press.At, Late)));
            await sender.KillAsync();
        }

        // Everything begins anew, and the sender is still cut off: it has a snapshot, and sends nothing by it.
        await service.StopAsync();
        await using var anew = await service.StartReplicaAsync();
        var held = mail.Count;
        await using var restarted = await SampleProcess.StartAsync("Sender", SdkSystem.FreeUrl(), environment, "/status");
        await UntilAsync(() => Unknowns(restarted) > 5);
        Assert.Equal((held, "NotReady"), (mail.Count, Gate(restarted)));

        var toPerson = people.Sum(mail.To);
        relay.Heal(anew.Http.BaseAddress);
        var others = mail.To(other);
        await UntilAsync(() => mail.To(other) > others + 5);
        Assert.Equal(toPerson, people.Sum(mail.To));
        await restarted.KillAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static HttpStatusCode Status(SampleProcess sender, string person)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/recommendations");
        request.Headers.Add("X-Person", person);
        using var response = sender.Http.Send(request);
        return response.StatusCode;
    }

    private static string? Gate(SampleProcess sender) => StatusOf(sender).GetProperty("gate").GetString();

    private static long Unknowns(SampleProcess sender) => StatusOf(sender).GetProperty("unknown").GetInt64();

    private static JsonElement StatusOf(SampleProcess sender)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/status");
        using var response = sender.Http.Send(request);
        return JsonSerializer.Deserialize<JsonElement>(response.Content.ReadAsStream());
    }

    private static Task UntilAsync(Func<bool> holds) => GateHost.UntilAsync(holds, () => "");
}
