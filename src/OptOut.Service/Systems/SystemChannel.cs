using System.Text.Json.Serialization;

namespace OptOut.Service.Systems;

/// <summary>How a system is reached.</summary>
/// <param name="Type"><c>rabbitmq</c>, <c>webhook</c>, <c>connector</c>, <c>smtp</c> or <c>pull</c>.</param>
/// <param name="Url">A webhook's address; a connector's, where it is not the vendor's usual one. Absent for others.</param>
/// <param name="Definition">The name of a connector's definition; absent for others.</param>
/// <param name="Settings">What the definition asks for, secrets as references; absent where it asks for nothing.</param>
/// <param name="Lists">Which of the vendor's lists a scope means; absent where the vendor has none.</param>
/// <param name="Address">Where an smtp system's mail goes; absent for others.</param>
public sealed record SystemChannel(
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Definition = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, string>? Settings = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<VendorList>? Lists = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Address = null)
{
    /// <summary>True where the same systems are reached in the same way; the order of settings says nothing.</summary>
    public bool Equals(SystemChannel? other) =>
        other is not null && Type == other.Type && Url == other.Url && Definition == other.Definition
        && Address == other.Address
        && Sorted(Settings).SequenceEqual(Sorted(other.Settings))
        && (Lists ?? []).SequenceEqual(other.Lists ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Url, Definition, Address);

    private static IEnumerable<KeyValuePair<string, string>> Sorted(IReadOnlyDictionary<string, string>? settings) =>
        (settings ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal);
}

/// <summary>One of the vendor's lists, and the scope that it holds people for.</summary>
/// <param name="Purpose">A purpose; the list is about it and everything below it.</param>
/// <param name="Channel">A channel, or <c>any</c>.</param>
/// <param name="List">The vendor's own name or id of the list.</param>
public sealed record VendorList(string Purpose, string Channel, string List);
