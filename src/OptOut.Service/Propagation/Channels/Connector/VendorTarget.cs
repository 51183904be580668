using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Connector.Templates;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Channels.Connector;

/// <summary>A vendor as one system has it: the definition, its settings, its secrets as they are now.</summary>
internal sealed record VendorTarget(
    int SystemId, ConnectorDefinition Definition, Uri Endpoint, IReadOnlyDictionary<string, string> Settings,
    TemplateValues SecretValues)
{
    private static readonly IReadOnlyDictionary<string, string> NoSecrets = new Dictionary<string, string>();

    /// <summary>What a request about a person is filled from: no secret is within its reach.</summary>
    public TemplateValues Values(CallFacts facts) => new(facts, Settings, NoSecrets);

    /// <summary>Null where the definition, a setting or a secret is not there.</summary>
    public static VendorTarget? Find(
        int systemId, SystemChannel channel, ConnectorCatalogue catalogue, SecretReferences references)
    {
        if (channel.Definition is not { } name || catalogue.Find(name) is not { } definition)
            return null;
        var given = channel.Settings ?? new Dictionary<string, string>();
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (setting, rule) in definition.Settings)
        {
            if ((given.GetValueOrDefault(setting) ?? rule.Default) is not { } value)
                return null;
            settings[setting] = value;
        }

        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var secret in definition.Secrets)
        {
            if (given.GetValueOrDefault(secret) is not { } reference || references.Find(reference) is not { } value)
                return null;
            secrets[secret] = value;
        }

        return EndpointOf(definition, channel.Url, settings) is { } endpoint
            ? new VendorTarget(systemId, definition, endpoint, settings, new TemplateValues(null, settings, secrets))
            : null;
    }

    /// <summary>The vendor's own address, or the one that the registration chose.</summary>
    public static Uri? EndpointOf(ConnectorDefinition definition, string? chosen, IReadOnlyDictionary<string, string> settings)
    {
        try
        {
            var text = chosen ?? definition.Endpoint.Url.Render(
                new TemplateValues(null, settings, NoSecrets), TemplateContext.Host);
            return Uri.TryCreate(text, UriKind.Absolute, out var endpoint) ? endpoint : null;
        }
        catch (TemplateException)
        {
            return null;
        }
    }

    public override string ToString() => Definition.Name;
}
