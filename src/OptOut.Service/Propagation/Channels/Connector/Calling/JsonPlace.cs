using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OptOut.Service.Propagation.Channels.Connector.Calling;

/// <summary>A place in a JSON document: the names and indices of JSONPath (RFC 9535) and nothing that searches.</summary>
internal sealed partial class JsonPlace
{
    private readonly IReadOnlyList<(string? Name, int Index)> _steps;

    private JsonPlace(IReadOnlyList<(string?, int)> steps) => _steps = steps;

    /// <summary>Null where the text is no such place: <c>$.items[0].code</c>.</summary>
    public static JsonPlace? TryParse(string text)
    {
        if (!Form().IsMatch(text))
            return null;
        return new JsonPlace([.. Step().Matches(text).Select(step => step.Groups["name"].Success
            ? (step.Groups["name"].Value, 0)
            : ((string?)null, int.Parse(step.Groups["index"].Value, CultureInfo.InvariantCulture)))]);
    }

    /// <summary>What is there; null where nothing is.</summary>
    public JsonElement? Find(JsonElement document)
    {
        var at = document;
        foreach (var (name, index) in _steps)
        {
            if (name is not null && at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var member))
                at = member;
            else if (name is null && at.ValueKind == JsonValueKind.Array && index < at.GetArrayLength())
                at = at[index];
            else
                return null;
        }

        return at.ValueKind == JsonValueKind.Null ? null : at;
    }

    [GeneratedRegex(@"\A\$(\.[A-Za-z_][A-Za-z0-9_-]{0,63}|\[[0-9]{1,4}\]){0,16}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex(@"\.(?<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?<index>[0-9]+)\]", RegexOptions.CultureInvariant)]
    private static partial Regex Step();
}
