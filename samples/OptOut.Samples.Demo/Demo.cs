using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OptOut.Samples.Demo;

/// <summary>The first minute with OptOut: register systems, start them, stop somebody, and watch the stop arrive.</summary>
internal sealed class Demo(DemoOptions options, DemoState state, Children children, ServiceClient service)
{
    private static readonly TimeSpan ReceiverPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    public async Task RunAsync(int serviceId, CancellationToken cancellationToken)
    {
        var broker = Broker(serviceId);
        if (broker is null)
            Console.WriteLine("No RabbitMQ: every system of the demo is told by webhook.");
        var systems = DemoSystems.Choose(options, children, broker);
        var registrar = new Registrar(service, state);
        foreach (var system in systems)
        {
            var secret = await registrar.RegisterAsync(system, cancellationToken);
            if (system.Start is { } start)
                start(secret);
            else
                Console.WriteLine($"{system.Name} is registered and never connects: it will be overdue.");
        }

        await AwaitReceiversAsync(systems, cancellationToken);
        var visitor = $"visitor-{RandomNumberGenerator.GetHexString(6, lowercase: true)}@example.com";
        var record = await service.SendAsync(HttpMethod.Post, "/v1/opt-outs", OptOut(visitor), cancellationToken);
        Console.WriteLine($"\n{visitor} said stop (marketing, any channel): recorded as {(string?)record["id"]}.\n");
        await WatchAsync(record, systems, cancellationToken);
        Console.WriteLine($"""

            Say stop for somebody yourself:
              curl -s {options.Service}v1/opt-outs -H 'Authorization: Bearer {state.AdminKey}' \
                -H 'Content-Type: application/json' \
                -d '{OptOut("grace@example.com").ToJsonString()}'
            Logs of the service and the systems: {options.Logs}
            Ctrl-C ends everything.
            """);
    }

    /// <summary>A receiver that still starts would only show how a failed call is tried again.</summary>
    private static async Task AwaitReceiversAsync(List<DemoSystem> systems, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var address in systems.Where(system => system.Start is not null).Select(system => system.Url).OfType<Uri>())
        {
            while (!await AcceptsAsync(address, cancellationToken)
                && TimeProvider.System.GetElapsedTime(started) < ReceiverPatience)
                await Task.Delay(Poll, cancellationToken);
        }
    }

    private static async Task<bool> AcceptsAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task WatchAsync(JsonNode record, List<DemoSystem> systems, CancellationToken cancellationToken)
    {
        var table = new PropagationTable(systems);
        var recordedAt = (DateTimeOffset?)record["recordedAt"] ?? TimeProvider.System.GetUtcNow();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var propagation = (await service.GetAsync($"/v1/opt-outs/{(string?)record["id"]}/propagation", cancellationToken))
                ?? throw new DemoException("The opt-out was recorded and cannot be found again.");
            if (table.Show(propagation.Body, recordedAt, TimeProvider.System.GetUtcNow()))
                return;
            if (TimeProvider.System.GetElapsedTime(started) > Watch)
            {
                Console.WriteLine($"Not everything arrived within {Watch.TotalSeconds:0} s; the service goes on trying.");
                return;
            }

            await Task.Delay(Poll, cancellationToken);
        }
    }

    /// <summary>The configured one, or the private one that the service says it runs.</summary>
    private Uri? Broker(int serviceId)
    {
        if (Environment.GetEnvironmentVariable("RabbitMq__Uri") is { Length: > 0 } configured)
            return new Uri(configured);
        var file = Path.Combine(options.DataDirectory, "embedded.json");
        if (!File.Exists(file))
            return null;
        var addresses = JsonSerializer.Deserialize<JsonObject>(File.ReadAllBytes(file));
        return (int?)addresses?["processId"] == serviceId && (string?)addresses["rabbitMqUri"] is { } found
            ? new Uri(found)
            : null;
    }

    private static JsonObject OptOut(string address) => new()
    {
        ["subject"] = new JsonObject
        {
            ["identifiers"] = new JsonArray(new JsonObject { ["type"] = "email", ["value"] = address }),
        },
        ["scope"] = new JsonObject { ["purpose"] = "marketing", ["channel"] = "any" },
    };
}
