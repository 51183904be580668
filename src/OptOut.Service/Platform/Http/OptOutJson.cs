using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// How JSON is read and written everywhere: camelCase, nulls written, times as RFC 3339 in UTC with milliseconds, enums by
/// their exact snake_case name; nothing unknown, repeated, missing or null where the type says otherwise.
/// </summary>
internal static class OptOutJson
{
    public const int MaxDepth = 32;

    /// <summary>
    /// Fresh options for one source-generated context: <c>new RecordingJson(OptOutJson.NewOptions())</c>. A context's
    /// <c>Default</c> has the options of its attribute and is not strict.
    /// </summary>
    public static JsonSerializerOptions NewOptions()
    {
        var options = new JsonSerializerOptions();
        Apply(options);
        return options;
    }

    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DictionaryKeyPolicy = null;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.AllowTrailingCommas = false;
        options.ReadCommentHandling = JsonCommentHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.Never;
        options.MaxDepth = MaxDepth;
        // Answers are application/json with nosniff and never part of a page, so text need not be escaped for HTML.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new Rfc3339Converter());
        options.Converters.Add(new ClosedSetConverters());
    }
}
