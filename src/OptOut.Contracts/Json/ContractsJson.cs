using System.Text.Json.Serialization;

namespace OptOut.Contracts.Json;

/// <summary>
/// Serialisation of everything that travels between the service and the systems. Duplicate members, missing required
/// members, null where the contract has none, and nesting beyond <see cref="ContractLimits.MaxJsonDepth"/> are refused.
/// Unknown members are refused in an acknowledgement and passed over in an event, so that events can grow.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = ContractLimits.MaxJsonDepth,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(OptOutEvent))]
[JsonSerializable(typeof(Acknowledgement))]
[JsonSerializable(typeof(AcknowledgementBatch))]
[JsonSerializable(typeof(IReadOnlyList<AcknowledgementAction>))]
public sealed partial class ContractsJson : JsonSerializerContext;
