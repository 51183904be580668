using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Service.Systems.Registration;

/// <summary>What a registration may say about its channel. What a channel does not use is refused, not passed over.</summary>
internal sealed class ChannelRules(TargetPolicy targets)
{
    private static readonly string Supported = $"One of {string.Join(", ", ChannelTypes.All)}.";

    public void Check(ChannelRequest channel, SystemContract contract, List<FieldError> faults)
    {
        if (!ChannelTypes.All.Contains(channel.Type))
        {
            faults.Add(new FieldError("/channel/type", "channel_type_unknown", Supported));
            return;
        }

        if (channel.Type == ChannelTypes.Webhook)
            CheckUrl(channel.Url, faults);
        else if (channel.Url is not null)
            faults.Add(new FieldError("/channel/url", "not_allowed", "Only a webhook has a URL."));
        if (channel.Definition is not null)
            faults.Add(new FieldError("/channel/definition", "not_allowed", "Only a connector has a definition."));
        if (channel.Settings is not null)
            faults.Add(new FieldError("/channel/settings", "not_allowed", "Only a connector has settings."));
        if (channel.Lists is not null)
            faults.Add(new FieldError("/channel/lists", "not_allowed", "Only a connector has lists."));
        if (channel.Address is not null)
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
