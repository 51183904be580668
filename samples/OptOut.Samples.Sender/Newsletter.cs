using OptOut.Client;

namespace OptOut.Samples.Sender;

/// <summary>
/// Sends to everybody, again and again. It decides nothing itself: the handler before its HTTP client asks the gate about
/// each message at the last moment.
/// </summary>
internal sealed class Newsletter(IHttpClientFactory clients, SenderSettings settings, Tally tally) : BackgroundService
{
    public const string Wire = "mail";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Pause);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                foreach (var person in settings.People)
                    await SendAsync(person, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task SendAsync(string person, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/send");
        message.Content = JsonContent.Create(new { to = person, subject = "News" });
        SuppressionHandler.SetAudience(
            message, new MessageAudience("email", person, SenderSettings.Purpose, SenderSettings.Channel));
        try
        {
            using var response = await clients.CreateClient(Wire).SendAsync(message, cancellationToken);
            tally.Count(SuppressionAnswer.Allowed);
        }
        catch (SuppressedException stopped)
        {
            tally.Count(stopped.Answer);
        }
        catch (HttpRequestException)
        {
            // The mail server is away; the next round tries again, and asks again.
        }
    }
}

/// <summary>How many messages went, and how many were held back and why.</summary>
internal sealed class Tally
{
    private readonly long[] _counts = new long[3];

    public long this[SuppressionAnswer answer] => Interlocked.Read(ref _counts[(int)answer]);

    public void Count(SuppressionAnswer answer) => Interlocked.Increment(ref _counts[(int)answer]);
}
