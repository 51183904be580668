using OptOut.Contracts;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>Everything wrong with a registration, at once, each with its place in the body.</summary>
internal sealed class RequestRules(IdentifierNormaliser identifiers, ChannelRules channels)
{
    public const string Internal = "internal";
    public const string Vendor = "vendor";

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
        channels.Check(request.Channel, request.Contract, purposes, faults);
        new ContractRules(purposes, identifiers).Check(request.Contract, faults);
        return faults;
    }
}
