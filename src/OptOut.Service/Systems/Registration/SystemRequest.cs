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
/// <param name="Type"><c>rabbitmq</c>, <c>webhook</c>, <c>connector</c>, <c>smtp</c> or <c>pull</c>.</param>
/// <param name="Url">A webhook's address, required for it; a connector's, where the definition allows another one.</param>
/// <param name="Definition">The name of a connector's definition: required for it, not allowed elsewhere.</param>
/// <param name="Settings">What the definition asks for. A secret is a reference, <c>env:NAME</c> or <c>file:NAME</c>.</param>
/// <param name="Lists">Which of the vendor's lists a scope means.</param>
/// <param name="Address">An smtp system's mail address: required for it, not allowed elsewhere.</param>
public sealed record ChannelRequest(
    string Type,
    string? Url = null,
    string? Definition = null,
    IReadOnlyDictionary<string, string>? Settings = null,
    IReadOnlyList<VendorList>? Lists = null,
    string? Address = null);

/// <summary>The answer to a registration, given once: neither secret nor key can be read again.</summary>
/// <param name="System">The system.</param>
/// <param name="Secret">Signs in both directions: <c>whsec_</c> and base64.</param>
/// <param name="ApiKey">The system's own key, to acknowledge its deliveries and nothing else.</param>
public sealed record RegistrationAnswer(Reading.SystemView System, string Secret, string ApiKey);
