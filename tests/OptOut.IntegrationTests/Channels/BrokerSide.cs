using System.Net.Http.Json;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Channels;

/// <summary>What the broker itself says and does, through its management API.</summary>
internal static class BrokerSide
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Closes every connection to a virtual host from the broker's side.</summary>
    public static async Task<int> CloseConnectionsAsync(this Servers servers, Uri uri)
    {
        // The list is a statistic of the broker's and lags behind; what is asked for is at least one.
        string[] names = [];
        var started = TimeProvider.System.GetTimestamp();
        while (names.Length == 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "No connection seen.");
            names = [.. (await ListAsync(servers, $"api/vhosts/{uri.AbsolutePath[1..]}/connections"))
                .Select(connection => connection.GetProperty("name").GetString()!)];
        }

        foreach (var name in names)
        {
            using var answer = await servers.Management.DeleteAsync(
                new Uri($"api/connections/{Uri.EscapeDataString(name)}", UriKind.Relative), Cancellation);
        }

        return names.Length;
    }

    public static async Task<string[]> NamesAsync(this Servers servers, Uri uri, string kind) =>
        [.. (await ListAsync(servers, $"api/{kind}/{uri.AbsolutePath[1..]}"))
            .Select(one => one.GetProperty("name").GetString()!)
            .Where(name => name.Length > 0 && !name.StartsWith("amq.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public static async Task<JsonElement> QueueAsync(this Servers servers, Uri uri, string queue) =>
        await servers.Management.GetFromJsonAsync<JsonElement>(
            new Uri($"api/queues/{uri.AbsolutePath[1..]}/{queue}", UriKind.Relative), Cancellation);

    private static async Task<List<JsonElement>> ListAsync(Servers servers, string path) =>
        (await servers.Management.GetFromJsonAsync<List<JsonElement>>(
            new Uri(path, UriKind.Relative), Cancellation))!;
}
