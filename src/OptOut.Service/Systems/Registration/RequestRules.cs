using OptOut.Contracts;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Channels.Webhook;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>Everything wrong with a registration, at once, each with its place in the body.</summary>
internal sealed class RequestRules(IdentifierNormaliser identifiers, TargetPolicy targets)
{
    public const string Internal = "internal";
    public const string Vendor = "vendor";

    private static readonly string[] LaterTypes = ["connector", "smtp", "pull"];

    public IReadOnlyList<FieldError> Check(string name, SystemRequest request, PurposeTree purposes)
    {
        var faults = new List<FieldError>();
        if (!BrokerNames.IsSystemName(name))
            faults.Add(new FieldError("", "system_name_invalid", "The name in the path is 1 to 63 of a-z, 0-9 and -."));
        else if (request.Channel.Type == ChannelTypes.RabbitMq && RabbitMqTopology.IsReserved(name))
            faults.Add(new FieldError("", "system_name_reserved", "A queue of ours has this name."));
        if (!RegistryText.IsName(request.DisplayName))
            faults.Add(new FieldError("/displayName", "text_invalid", RegistryText.Rule));
        if (!RegistryText.IsName(request.Owner))
            faults.Add(new FieldError("/owner", "text_invalid", RegistryText.Rule));
        if (request.Kind is not (Internal or Vendor))
            faults.Add(new FieldError("/kind", "kind_unknown", "internal or vendor."));
        CheckChannel(request.Channel, faults);
        new ContractRules(purposes, identifiers).Check(request.Contract, faults);
        return faults;
    }

    private void CheckChannel(ChannelRequest channel, List<FieldError> faults)
    {
        if (LaterTypes.Contains(channel.Type, StringComparer.Ordinal))
        {
            faults.Add(new FieldError("/channel/type", "channel_type_unsupported", "Supported: rabbitmq, webhook."));
            return;
        }

        if (channel.Definition is not null)
            faults.Add(new FieldError("/channel/definition", "not_allowed", "Only a connector has a definition."));
        if (channel.Type == ChannelTypes.Webhook)
            CheckUrl(channel.Url, faults);
        else if (channel.Url is not null)
            faults.Add(new FieldError("/channel/url", "not_allowed", "Only a webhook has a URL."));
        if (channel.Type is not (ChannelTypes.Webhook or ChannelTypes.RabbitMq))
            faults.Add(new FieldError("/channel/type", "channel_type_unknown", "Supported: rabbitmq, webhook."));
    }

    private void CheckUrl(string? url, List<FieldError> faults)
    {
        if (url is null)
        {
            faults.Add(new FieldError("/channel/url", "required", "A webhook needs the URL to call."));
            return;
        }

        var code = Uri.TryCreate(url, UriKind.Absolute, out var target)
            ? targets.CheckUrl(target)
            : TargetPolicy.NotAbsolute;
        if (code is not null)
            faults.Add(new FieldError("/channel/url", code, "An https URL with a public host, port 443, no user."));
    }
}
