namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>One thing that is wrong with a definition, and where.</summary>
/// <param name="Path">As in <c>stop.request.path</c>; empty for the file as a whole.</param>
internal sealed record DefinitionFault(long Line, long Column, string Path, string Code, string Detail)
{
    public override string ToString() => $"{Line}:{Column} {(Path.Length == 0 ? "(file)" : Path)}: {Code}: {Detail}";
}

/// <summary>What a definition's text came to: all its faults, or the definition.</summary>
internal sealed record ReadDefinition(ConnectorDefinition? Definition, IReadOnlyList<DefinitionFault> Faults);
