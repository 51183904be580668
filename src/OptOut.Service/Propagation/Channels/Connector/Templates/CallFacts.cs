using OptOut.Contracts;

namespace OptOut.Service.Propagation.Channels.Connector.Templates;

/// <summary>What one call is about: one identifier of one event, for one of the vendor's lists.</summary>
/// <param name="List">Null where the vendor has no lists.</param>
internal sealed record CallFacts(OptOutEventData Data, EventIdentifier Identifier, string? List)
{
    public override string ToString() => Identifier.ToString();
}

/// <summary>Where the values of a template come from, by the names that its definition declares.</summary>
/// <param name="Facts">Null for what is the same for every call, such as the endpoint.</param>
/// <param name="Secrets">Empty for everything but authentication.</param>
internal sealed record TemplateValues(
    CallFacts? Facts, IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Secrets)
{
    public override string ToString() => "values";
}
