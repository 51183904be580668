using System.Text.Json.Serialization;
using OptOut.Contracts;
using OptOut.Contracts.Json;

namespace OptOut.Client.Api;

/// <summary>
/// The API's JSON. Duplicate members, missing ones, null where there must be a value, and words outside a closed set are
/// refused; unknown members of answers are passed over, so that the service can grow under a client that stays.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = ContractLimits.MaxJsonDepth,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(OptOutProblem))]
[JsonSerializable(typeof(NewOptOut))]
[JsonSerializable(typeof(Items<NewOptOut>))]
[JsonSerializable(typeof(OptOutRecord))]
[JsonSerializable(typeof(Page<OptOutRecord>))]
[JsonSerializable(typeof(Items<BatchAnswer<OptOutRecord>>))]
[JsonSerializable(typeof(ReversalBody))]
[JsonSerializable(typeof(Propagation))]
[JsonSerializable(typeof(Page<TrailItem>))]
[JsonSerializable(typeof(OptOutReceipt))]
[JsonSerializable(typeof(LookupBody))]
[JsonSerializable(typeof(Identifier))]
[JsonSerializable(typeof(KnownSubject))]
[JsonSerializable(typeof(PurposeDefinition))]
[JsonSerializable(typeof(Purpose))]
[JsonSerializable(typeof(Page<Purpose>))]
[JsonSerializable(typeof(Approval))]
[JsonSerializable(typeof(SystemDefinition))]
[JsonSerializable(typeof(DownstreamSystem))]
[JsonSerializable(typeof(Page<DownstreamSystem>))]
[JsonSerializable(typeof(RegisteredSystem))]
[JsonSerializable(typeof(ReasonBody))]
[JsonSerializable(typeof(OverlapBody))]
[JsonSerializable(typeof(RotatedSecret))]
[JsonSerializable(typeof(ReplayBody))]
[JsonSerializable(typeof(SystemReplay))]
[JsonSerializable(typeof(SystemTest))]
[JsonSerializable(typeof(Page<Delivery>))]
[JsonSerializable(typeof(Delivery))]
[JsonSerializable(typeof(DeliveryDetail))]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(IssuedApiKey))]
[JsonSerializable(typeof(Page<ApiKeyInfo>))]
[JsonSerializable(typeof(LinkBody))]
[JsonSerializable(typeof(OptOutLink))]
[JsonSerializable(typeof(Items<SuppressionQuestion>))]
[JsonSerializable(typeof(SuppressionCheck))]
[JsonSerializable(typeof(Items<DecisionReport>))]
[JsonSerializable(typeof(Items<DecisionAnswer>))]
[JsonSerializable(typeof(Page<RecordedDecision>))]
[JsonSerializable(typeof(LedgerKeys))]
[JsonSerializable(typeof(LedgerConsistency))]
[JsonSerializable(typeof(LedgerOpening))]
[JsonSerializable(typeof(ProbeBody))]
[JsonSerializable(typeof(Probe))]
internal sealed partial class ApiJson : JsonSerializerContext;
