using System.Net;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Webhook;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>Whether a registration gives a connector's definition everything that it needs, and nothing else.</summary>
internal sealed class ConnectorRules(ConnectorCatalogue catalogue, SecretReferences references, TargetPolicy targets)
{
    public const int MaxLists = 64;

    public void Check(ChannelRequest channel, SystemContract contract, PurposeTree purposes, List<FieldError> faults)
    {
        if (channel.Definition is null || catalogue.Find(channel.Definition) is not { } definition)
        {
            faults.Add(new FieldError("/channel/definition", channel.Definition is null ? "required" : "definition_unknown",
                $"One of {string.Join(", ", catalogue.Names)}."));
            return;
        }

        var before = faults.Count;
        var settings = CheckSettings(definition, channel.Settings ?? new Dictionary<string, string>(), faults);
        CheckLists(definition, channel.Lists ?? [], contract, purposes, faults);
        for (var i = 0; i < contract.Identifiers.Count; i++)
        {
            if (contract.Identifiers[i] is { } identifier
                && (!definition.Identifiers.Contains(identifier.Type) || identifier.Form != "plain"))
                faults.Add(new FieldError($"/contract/identifiers/{i}", "identifier_not_usable",
                    $"The vendor knows people by {string.Join(", ", definition.Identifiers)}, in plain form."));
        }

        CheckEndpoint(definition, channel.Url, settings, before == faults.Count, faults);
    }

    private Dictionary<string, string> CheckSettings(
        ConnectorDefinition definition, IReadOnlyDictionary<string, string> given, List<FieldError> faults)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in given.Keys.Where(name => !definition.Settings.ContainsKey(name) && !definition.Secrets.Contains(name)))
            faults.Add(new FieldError($"/channel/settings/{Pointer(name)}", "setting_unknown",
                $"Known: {string.Join(", ", definition.Settings.Keys.Concat(definition.Secrets).Order(StringComparer.Ordinal))}."));
        foreach (var (name, rule) in definition.Settings)
        {
            var value = given.GetValueOrDefault(name) ?? rule.Default;
            if (value is null)
                faults.Add(new FieldError($"/channel/settings/{name}", "required", rule.Title));
            else if (!rule.Pattern.IsMatch(value))
                faults.Add(new FieldError($"/channel/settings/{name}", "setting_invalid", rule.Title));
            else
                settings[name] = value;
        }

        foreach (var name in definition.Secrets)
        {
            var (code, detail) = given.GetValueOrDefault(name) switch
            {
                null => ("required", SecretReferences.Rule),
                var text when !SecretReferences.IsReference(text) => ("secret_in_clear", "A secret comes by reference: " + SecretReferences.Rule),
                var text when references.Find(text) is null => ("secret_missing", "Nothing is there under this name."),
                _ => ("", ""),
            };
            if (code.Length > 0)
                faults.Add(new FieldError($"/channel/settings/{name}", code, detail));
        }

        return settings;
    }

    private static void CheckLists(
        ConnectorDefinition definition, IReadOnlyList<VendorList> lists, SystemContract contract, PurposeTree purposes,
        List<FieldError> faults)
    {
        if (definition.Lists is not { } rule)
        {
            if (lists.Count > 0)
                faults.Add(new FieldError("/channel/lists", "not_allowed", "The vendor has no lists."));
            return;
        }

        var before = faults.Count;
        if (lists.Count is 0 or > MaxLists)
            faults.Add(new FieldError("/channel/lists", lists.Count == 0 ? "required" : "too_many", $"1 to {MaxLists}: {rule.Title}."));
        for (var i = 0; i < Math.Min(lists.Count, MaxLists); i++)
        {
            if (lists[i] is not { } list || list.Purpose is null || !purposes.Contains(list.Purpose))
                faults.Add(new FieldError($"/channel/lists/{i}/purpose", "purpose_unknown", "No such purpose."));
            if (!Channels.IsKnown(lists[i]?.Channel))
                faults.Add(new FieldError($"/channel/lists/{i}/channel", "channel_unknown", $"One of {string.Join(", ", Channels.All)}."));
            if (lists[i]?.List is not { } id || !rule.Pattern.IsMatch(id))
                faults.Add(new FieldError($"/channel/lists/{i}/list", "list_invalid", rule.Title));
        }

        if (before < faults.Count || contract.Purposes.Contains(null!) || contract.Channels.Contains(null!))
            return;
        // A stop that no list stands for would end nowhere.
        foreach (var scope in contract.Purposes.SelectMany(purpose => contract.Channels.Select(c => new Scope(purpose, c))))
            if (ListChoice.ForStop(definition, lists, scope).Count == 0)
                faults.Add(new FieldError("/channel/lists", "scope_not_mapped",
                    $"No list stands for {scope.Purpose} over {scope.Channel}."));
    }

    private void CheckEndpoint(
        ConnectorDefinition definition, string? url, IReadOnlyDictionary<string, string> settings, bool complete, List<FieldError> faults)
    {
        if (url is not null && !definition.Endpoint.Alternatives.Contains(url) && !IsPrivate(url))
        {
            faults.Add(new FieldError("/channel/url", "endpoint_not_allowed", definition.Endpoint.Alternatives.Count == 0
                ? "The vendor has one address." : $"One of {string.Join(", ", definition.Endpoint.Alternatives)}."));
            return;
        }

        if (complete && (VendorTarget.EndpointOf(definition, url, settings) is not { } endpoint || targets.CheckUrl(endpoint) is not null))
            faults.Add(new FieldError("/channel/settings", "endpoint_invalid", "The settings make no address that may be called."));
    }

    /// <summary>A stand-in on this machine or behind it, where the installation allows such targets at all.</summary>
    private bool IsPrivate(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var target) && target.PathAndQuery == "/" && targets.CheckUrl(target) is null
        && IPAddress.TryParse(target.IdnHost, out var address) && AddressRanges.Classify(address) == AddressClass.Private;

    private static string Pointer(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
