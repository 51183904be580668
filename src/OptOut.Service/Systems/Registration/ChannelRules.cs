using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.Smtp;
using OptOut.Service.Propagation.Channels.Webhook;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>What a registration may say about its channel. What a channel does not use is refused, not passed over.</summary>
internal sealed class ChannelRules(TargetPolicy targets, ConnectorRules connectors, ChannelSettings settings)
{
    private static readonly string Supported = $"One of {string.Join(", ", ChannelTypes.All)}.";

    public void Check(ChannelRequest channel, SystemContract contract, PurposeTree purposes, List<FieldError> faults)
    {
        if (!ChannelTypes.All.Contains(channel.Type))
        {
            faults.Add(new FieldError("/channel/type", "channel_type_unknown", Supported));
            return;
        }

        if (channel.Type == ChannelTypes.Webhook)
            CheckUrl(channel.Url, faults);
        else if (channel.Type == ChannelTypes.Connector)
            connectors.Check(channel, contract, purposes, faults);
        else if (channel.Url is not null)
            faults.Add(new FieldError("/channel/url", "not_allowed", "Only a webhook has a URL."));
        if (channel.Type == ChannelTypes.Smtp)
            CheckAddress(channel.Address, faults);
        RefuseForeign(channel, faults);
    }

    private void CheckAddress(string? address, List<FieldError> faults)
    {
        if (settings.Mail.Host is null)
            faults.Add(new FieldError("/channel/type", "mail_not_configured", "Set OptOut__Smtp__Host, or choose another channel."));
        if (address is null)
            faults.Add(new FieldError("/channel/address", "required", "Where the messages go."));
        else if (!VendorAddress.IsPlain(address))
            faults.Add(new FieldError("/channel/address", "address_invalid", "A plain mail address, without a name."));
    }

    private static void RefuseForeign(ChannelRequest channel, List<FieldError> faults)
    {
        var connector = channel.Type == ChannelTypes.Connector;
        if (channel.Definition is not null && !connector)
            faults.Add(new FieldError("/channel/definition", "not_allowed", "Only a connector has a definition."));
        if (channel.Settings is not null && !connector)
            faults.Add(new FieldError("/channel/settings", "not_allowed", "Only a connector has settings."));
        if (channel.Lists is not null && !connector)
            faults.Add(new FieldError("/channel/lists", "not_allowed", "Only a connector has lists."));
        if (channel.Address is not null && channel.Type != ChannelTypes.Smtp)
            faults.Add(new FieldError("/channel/address", "not_allowed", "Only an smtp system has a mail address."));
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
