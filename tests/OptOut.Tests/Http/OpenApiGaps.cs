using System.Text.Json;

namespace OptOut.Tests.Http;

/// <summary>What the operations of an OpenAPI document lack: id, summary, tag, security, an example of each body.</summary>
internal static class OpenApiGaps
{
    private static readonly string[] Demanded = ["operationId", "summary", "tags", "security"];

    public static IReadOnlyList<string> Find(JsonElement document) =>
    [
        .. document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Where(o => o.Value.ValueKind == JsonValueKind.Object)
                .SelectMany(o => Of(o.Value).Select(gap => $"{o.Name} {p.Name}: {gap}"))),
    ];

    private static IEnumerable<string> Of(JsonElement operation)
    {
        foreach (var name in Demanded)
            if (!operation.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
                yield return $"no {name}";
        if (operation.TryGetProperty("requestBody", out var body) && !HasExamples(body)) yield return "no example in request";
        if (!operation.TryGetProperty("responses", out var responses)) yield break;
        foreach (var response in responses.EnumerateObject())
            if (!HasExamples(response.Value)) yield return $"no example in {response.Name}";
    }

    private static bool HasExamples(JsonElement holder) => !holder.TryGetProperty("content", out var content)
        || content.EnumerateObject().All(m => m.Value.TryGetProperty("example", out _) || m.Value.TryGetProperty("examples", out _));
}
