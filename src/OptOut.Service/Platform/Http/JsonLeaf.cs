using System.Text.Json;

namespace OptOut.Service.Platform.Http;

/// <summary>Which JSON type a simple .NET type is written as, and the words for a value that does not fit it.</summary>
internal static class JsonLeaf
{
    /// <summary>Null where several JSON types may be right.</summary>
    public static string? Expected(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(string) || bare == typeof(DateTimeOffset) || bare == typeof(Guid) || bare.IsEnum) return "string";
        if (bare == typeof(bool)) return "boolean";
        return bare.IsPrimitive || bare == typeof(decimal) ? "number" : null;
    }

    public static string Of(JsonValueKind kind) => kind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };

    public static string Rule(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(DateTimeOffset)) return "An RFC 3339 date-time with an offset is expected.";
        if (!bare.IsEnum) return "The value is outside what the contract allows.";
        var names = Enum.GetNames(bare).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName);
        return $"One of {string.Join(", ", names)} is expected.";
    }
}
