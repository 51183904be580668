using System.Text.Json;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Registration;

/// <summary>What an operator decides about a system; its state and secrets are apart.</summary>
internal sealed record SystemDefinition(
    string DisplayName, string Kind, string Owner, SystemChannel Channel, SystemContract Contract)
{
    public static SystemDefinition Of(SystemRequest request) => new(
        request.DisplayName, request.Kind, request.Owner,
        ChannelOf(request.Channel), request.Contract);

    private static SystemChannel ChannelOf(ChannelRequest asked) => new(
        asked.Type, asked.Url, asked.Definition, asked.Settings is { Count: > 0 } ? asked.Settings : null,
        asked.Lists is { Count: > 0 } ? asked.Lists : null, asked.Address);

    public static SystemDefinition Of(SystemRow row) => new(
        row.DisplayName, row.Kind, row.Owner, ReadChannel(row), ReadContract(row));

    public static SystemChannel ReadChannel(SystemRow row) =>
        JsonSerializer.Deserialize(row.Channel, SystemsJson.Strict.SystemChannel)!;

    public static SystemContract ReadContract(SystemRow row) =>
        JsonSerializer.Deserialize(row.Contract, SystemsJson.Strict.SystemContract)!;

    public string ChannelJson => JsonSerializer.Serialize(Channel, SystemsJson.Strict.SystemChannel);

    public string ContractJson => JsonSerializer.Serialize(Contract, SystemsJson.Strict.SystemContract);

    // Lists have no equality of their own; their JSON has.
    public bool IsSameAs(SystemDefinition other) =>
        DisplayName == other.DisplayName && Kind == other.Kind && Owner == other.Owner
        && Channel == other.Channel && ContractJson == other.ContractJson;

    public void ApplyTo(SystemRow row, DateTimeOffset now)
    {
        row.DisplayName = DisplayName;
        row.Kind = Kind;
        row.Owner = Owner;
        row.Channel = ChannelJson;
        row.Contract = ContractJson;
        row.Version++;
        row.UpdatedAt = now;
    }
}

/// <summary>A change that waits for a second person, against the version it was asked for.</summary>
internal sealed record PendingSystem(int Version, SystemDefinition Definition);

/// <summary>A retirement that waits for a second person.</summary>
internal sealed record PendingRetirement(int Version);
