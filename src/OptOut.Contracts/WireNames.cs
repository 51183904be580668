using System.Collections.Frozen;
using System.Text.Json;

namespace OptOut.Contracts;

/// <summary>The <c>snake_case</c> names that the closed sets of the contract have in JSON, logs and the database.</summary>
public static class WireNames
{
    /// <summary>The exact name of a member.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is no member of the set.</exception>
    public static string Of<T>(T value)
        where T : struct, Enum =>
        Table<T>.ByValue.TryGetValue(value, out var name)
            ? name
            : throw new ArgumentOutOfRangeException(nameof(value), $"No member of {typeof(T).Name}.");

    /// <summary>Finds the member of exactly this name; anything else, other case included, is not found.</summary>
    public static bool TryParse<T>(ReadOnlySpan<char> name, out T value)
        where T : struct, Enum =>
        Table<T>.ByName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out value);

    /// <summary>All names of a set, in the order of their declaration.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum =>
        Table<T>.Names;

    private static class Table<T>
        where T : struct, Enum
    {
        internal static readonly FrozenDictionary<T, string> ByValue = Enum.GetValues<T>()
            .ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

        internal static readonly FrozenDictionary<string, T> ByName =
            ByValue.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

        internal static readonly IReadOnlyList<string> Names = [.. Enum.GetValues<T>().Select(value => ByValue[value])];
    }
}
