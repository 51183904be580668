using System.Text.Json;

namespace OptOut.Service.Systems.Registration;

/// <summary>What a system is to be.</summary>
/// <param name="DisplayName">For people; 1 to 200 characters.</param>
/// <param name="Kind"><c>internal</c> or <c>vendor</c>.</param>
/// <param name="Owner">Who answers for it; 1 to 200 characters.</param>
/// <param name="Channel">How it is reached.</param>
/// <param name="Contract">What it subscribes to.</param>
public sealed record SystemRequest(
    string DisplayName, string Kind, string Owner, ChannelRequest Channel, SystemContract Contract);

/// <summary>How a system is to be reached.</summary>
/// <param name="Type"><c>rabbitmq</c> or <c>webhook</c>.</param>
/// <param name="Url">A webhook's address: required for it, not allowed elsewhere.</param>
/// <param name="Definition">A connector's description; no connector is supported yet.</param>
public sealed record ChannelRequest(string Type, string? Url = null, JsonElement? Definition = null);

/// <summary>The answer to a registration, given once: neither secret nor key can be read again.</summary>
/// <param name="System">The system.</param>
/// <param name="Secret">Signs in both directions: <c>whsec_</c> and base64.</param>
/// <param name="ApiKey">The system's own key, to acknowledge its deliveries and nothing else.</param>
public sealed record RegistrationAnswer(Reading.SystemView System, string Secret, string ApiKey);
