using System.Collections.Frozen;
using OptOut.Service.Platform;
using OptOut.Service.Propagation.Channels.Connector.Reading;

namespace OptOut.Service.Propagation.Channels.Connector;

/// <summary>The definitions that are there: those that come with the service, and those of a directory.</summary>
internal sealed class ConnectorCatalogue
{
    private const string Prefix = "OptOut.Service.Propagation.Channels.Connector.Definitions.";
    private const int MaxFiles = 256;

    private readonly FrozenDictionary<string, ConnectorDefinition> _byName;

    private ConnectorCatalogue(IEnumerable<ConnectorDefinition> definitions) =>
        _byName = definitions.ToFrozenDictionary(definition => definition.Name, StringComparer.Ordinal);

    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    public ConnectorDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The texts of the definitions that come with the service, by file name.</summary>
    public static IEnumerable<(string File, string Text)> Shipped() =>
        typeof(ConnectorCatalogue).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (name[Prefix.Length..], EmbeddedText.Read(name)));

    /// <param name="directory">Where an operator's own definitions lie, as <c>*.yaml</c>; null for none.</param>
    /// <exception cref="ConfigurationException">With every fault of every file.</exception>
    public static ConnectorCatalogue Load(string? directory)
    {
        var faults = new List<string>();
        var definitions = new List<ConnectorDefinition>();
        foreach (var (file, text) in Shipped().Concat(Own(directory, faults)))
        {
            var read = DefinitionReader.Read(text);
            faults.AddRange(read.Faults.Select(fault => $"{file}:{fault}"));
            if (read.Definition is not { } definition)
                continue;
            if (definitions.Exists(known => known.Name == definition.Name))
                faults.Add($"{file}: name_taken: Another definition is called {definition.Name}.");
            else
                definitions.Add(definition);
        }

        return faults.Count > 0 ? throw new ConfigurationException(faults) : new ConnectorCatalogue(definitions);
    }

    private static IEnumerable<(string File, string Text)> Own(string? directory, List<string> faults)
    {
        if (directory is null)
            yield break;
        if (!Directory.Exists(directory))
        {
            faults.Add("OptOut__ConnectorDirectory is no directory.");
            yield break;
        }

        var files = Directory.GetFiles(directory, "*.yaml").Order(StringComparer.Ordinal).ToList();
        if (files.Count > MaxFiles)
            faults.Add($"OptOut__ConnectorDirectory holds more than {MaxFiles} definitions.");
        foreach (var file in files.Take(MaxFiles))
        {
            if (new FileInfo(file).Length > DefinitionReader.MaxBytes)
                faults.Add($"{Path.GetFileName(file)}: too_large: At most {DefinitionReader.MaxBytes} bytes.");
            else
                yield return (Path.GetFileName(file), File.ReadAllText(file));
        }
    }
}
