using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace OptOut.IntegrationTests.Client;

/// <summary>Where a sender's messages arrive, and when.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<(string To, long At)> _mails = new();

    private MailServer(WebApplication application) => _application = application;

    public Uri Url => new(_application.Urls.First());

    public int Count => _mails.Count;

    public static async Task<MailServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new MailServer(builder.Build());
        server._application.MapPost("/send", server.Take);
        await server._application.StartAsync();
        return server;
    }

    public int To(string person) => _mails.Count(mail => mail.To == person);

    /// <summary>How many mails to this person came later than a time after a moment.</summary>
    public int LaterThan(string person, long moment, TimeSpan by) =>
        _mails.Count(mail => mail.To == person && Stopwatch.GetElapsedTime(moment, mail.At) > by);

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private void Take(JsonElement mail) => _mails.Enqueue((mail.GetProperty("to").GetString()!, Stopwatch.GetTimestamp()));
}
