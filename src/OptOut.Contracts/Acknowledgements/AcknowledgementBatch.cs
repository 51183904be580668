using System.Text.Json.Serialization;

namespace OptOut.Contracts;

/// <summary>The body of <c>POST /v1/acknowledgements</c>; answered 207 with one status per item, in order.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AcknowledgementBatch
{
    /// <summary>At most <see cref="ContractLimits.MaxAcknowledgementsPerRequest"/>.</summary>
    public required IReadOnlyList<Acknowledgement> Items { get; init; }
}
