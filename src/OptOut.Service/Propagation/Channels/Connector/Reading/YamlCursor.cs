using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>
/// A mapping of a definition while it is read: hands out its members by name, keeps their places, and says in the end
/// which of them nobody asked for. Nothing throws, so that every fault of a file is told at once.
/// </summary>
internal sealed class YamlCursor(YamlMappingNode node, string path, List<DefinitionFault> faults)
{
    private readonly HashSet<string> _read = [];

    public List<DefinitionFault> Faults => faults;

    public YamlNode Node => node;

    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    public void Fault(YamlNode at, string where, string code, string detail) =>
        faults.Add(new DefinitionFault(at.Start.Line, at.Start.Column, where, code, detail));

    public void Fault(string name, string code, string detail) => Fault(Find(name) ?? node, PathOf(name), code, detail);

    public YamlNode? Find(string name)
    {
        _read.Add(name);
        return node.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode key && key.Value == name).Value;
    }

    public bool Has(string name) => Find(name) is not null;

    /// <summary>A required mapping; null with a fault where it is missing or something else.</summary>
    public YamlCursor? Map(string name, bool required = true)
    {
        switch (Find(name))
        {
            case YamlMappingNode map:
                return new YamlCursor(map, PathOf(name), faults);
            case null when required:
                Fault(node, PathOf(name), "required", "It is missing.");
                return null;
            case null:
                return null;
            case var other:
                Fault(other, PathOf(name), "not_a_mapping", "A mapping is needed here.");
                return null;
        }
    }

    /// <summary>A list's items with the path of each; empty with a fault where it is no list.</summary>
    public IReadOnlyList<(YamlNode Node, string Path)> Items(string name, bool required)
    {
        switch (Find(name))
        {
            case YamlSequenceNode list:
                return [.. list.Children.Select((item, index) => (item, $"{PathOf(name)}[{index}]"))];
            case null when !required:
                return [];
            case null:
                Fault(node, PathOf(name), "required", "It is missing.");
                return [];
            case var other:
                Fault(other, PathOf(name), "not_a_list", "A list is needed here.");
                return [];
        }
    }

    /// <summary>A required text; null with a fault where it is missing, empty or no text.</summary>
    public string? Text(string name, bool required = true)
    {
        var found = Find(name);
        if (found is YamlScalarNode { Value: { Length: > 0 } text })
            return text;
        if (found is not null)
            Fault(found, PathOf(name), "not_a_text", "A text is needed here.");
        else if (required)
            Fault(node, PathOf(name), "required", "It is missing.");
        return null;
    }

    public int? Number(string name, int min, int max)
    {
        if (Text(name) is not { } text)
            return null;
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out var number) && number >= min && number <= max)
            return number;
        Fault(name, "out_of_range", $"A whole number from {min} to {max}.");
        return null;
    }

    /// <summary>Call once everything has been asked for: what is left is unknown.</summary>
    public void Close()
    {
        foreach (var key in node.Children.Keys)
            if (key is not YamlScalarNode { Value: { } name })
                Fault(key, path, "unknown_key", "A key is a text.");
            else if (!_read.Contains(name))
                Fault(key, PathOf(name), "unknown_key", $"Known here: {string.Join(", ", _read.Order(StringComparer.Ordinal))}.");
    }

    /// <summary>True for what YAML reads as text whatever it looks like.</summary>
    public static bool IsQuoted(YamlScalarNode scalar) => scalar.Style is not ScalarStyle.Plain and not ScalarStyle.Any;
}
