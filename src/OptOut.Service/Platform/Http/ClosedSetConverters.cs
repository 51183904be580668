using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// The contract's own rule for every enum of ours. Converters of the options come before those of the types, and the
/// platform's own reads lists, other case and spaces: two words would be taken for a third.
/// </summary>
internal sealed class ClosedSetConverters : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum
        && typeToConvert.Namespace?.StartsWith("OptOut.", StringComparison.Ordinal) == true;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(ClosedSetConverter<>).MakeGenericType(typeToConvert))!;
}
