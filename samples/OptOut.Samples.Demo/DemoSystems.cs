using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Samples.Demo;

/// <summary>The demo's four systems, as far as this machine can run them.</summary>
internal static class DemoSystems
{
    private const int Objective = 60;
    private const int ShortObjective = 5;

    /// <summary>Nobody listens on the discard port: what stands for a system that never answers.</summary>
    private static readonly Uri Nowhere = new("http://127.0.0.1:9/optout");

    public static List<DemoSystem> Choose(DemoOptions options, Children children, Uri? broker)
    {
        var systems = new List<DemoSystem>
        {
            Crm(options, children, broker),
            Mailer(options, children),
            broker is null
                ? new("legacy-billing", "Billing of old", "webhook", Nowhere, ShortObjective, Start: null)
                : new("legacy-billing", "Billing of old", "rabbitmq", Url: null, ShortObjective, Start: null),
        };
        if (WhyNoAnalytics(options, broker) is { } reason)
            Console.WriteLine($"Left out: analytics, the sample in Node ({reason}).");
        else
            systems.Insert(2, Analytics(options, children, broker!));
        return systems;
    }

    private static DemoSystem Crm(DemoOptions options, Children children, Uri? broker)
    {
        var address = new Uri($"http://127.0.0.1:{LoopbackPort.Free()}");
        var url = broker is null ? new Uri(address, "/optout") : null;
        return new DemoSystem("crm", "CRM", broker is null ? "webhook" : "rabbitmq", url, Objective, secret =>
        {
            var environment = Settings("crm", secret);
            environment["Urls"] = address.AbsoluteUri;
            if (broker is null)
                environment["OPTOUT_TRANSPORT"] = "webhook";
            else
                environment["RABBITMQ_URI"] = broker.AbsoluteUri;
            children.StartSystem("crm", "dotnet", [options.Program("samples", "OptOut.Samples.Crm")], environment);
        });
    }

    private static DemoSystem Mailer(DemoOptions options, Children children)
    {
        var address = new Uri($"http://127.0.0.1:{LoopbackPort.Free()}");
        return new DemoSystem("mailer", "Mailer", "webhook", new Uri(address, "/optout"), Objective, secret =>
        {
            var environment = Settings("mailer", secret);
            environment["Urls"] = address.AbsoluteUri;
            environment["MAILER_FLAKY"] = "1";
            children.StartSystem("mailer", "dotnet", [options.Program("samples", "OptOut.Samples.Mailer")], environment);
        });
    }

    private static DemoSystem Analytics(DemoOptions options, Children children, Uri broker) =>
        new("analytics", "Analytics (Node)", "rabbitmq", Url: null, Objective, secret =>
        {
            var environment = Settings("analytics", secret);
            environment["RABBITMQ_URI"] = broker.AbsoluteUri;
            children.StartSystem(
                "analytics", "node", [Path.Combine(options.Root, "samples", "node-analytics", "index.mjs")], environment);
        });

    private static string? WhyNoAnalytics(DemoOptions options, Uri? broker)
    {
        if (SearchPath.Find("node") is null)
            return "Node is not installed";
        if (broker is null)
            return "there is no RabbitMQ";
        return Directory.Exists(Path.Combine(options.Root, "samples", "node-analytics", "node_modules", "amqplib"))
            ? null
            : "its package could not be fetched";
    }

    private static Dictionary<string, string> Settings(string system, string secret) => new()
    {
        ["OPTOUT_SYSTEM"] = system,
        ["OPTOUT_SECRET"] = secret,
    };
}
