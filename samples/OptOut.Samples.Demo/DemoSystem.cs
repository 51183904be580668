using System.Text.Json.Nodes;

namespace OptOut.Samples.Demo;

/// <summary>One system of the demo: how it is registered, and how it is started.</summary>
/// <param name="Name">Its name in the registry.</param>
/// <param name="DisplayName">Its name for people.</param>
/// <param name="Channel">How it is told: <c>rabbitmq</c>, or <c>webhook</c> at <paramref name="Url"/>.</param>
/// <param name="Url">Where its webhook listens; null for a queue.</param>
/// <param name="ObjectiveSeconds">Within how many seconds it must have acted.</param>
/// <param name="Start">Starts it with its secret; null for one that never connects.</param>
internal sealed record DemoSystem(
    string Name, string DisplayName, string Channel, Uri? Url, int ObjectiveSeconds, Action<string>? Start)
{
    public JsonObject Registration()
    {
        var channel = new JsonObject { ["type"] = Channel };
        if (Url is not null)
            channel["url"] = Url.AbsoluteUri;
        return new JsonObject
        {
            ["displayName"] = DisplayName,
            ["kind"] = "internal",
            ["owner"] = "demo",
            ["channel"] = channel,
            ["contract"] = new JsonObject
            {
                ["purposes"] = new JsonArray("marketing"),
                ["channels"] = new JsonArray("any"),
                ["identifiers"] = new JsonArray(new JsonObject { ["type"] = "email", ["form"] = "plain" }),
                ["objectiveSeconds"] = ObjectiveSeconds,
            },
        };
    }
}
