namespace OptOut.Service.Systems;

/// <summary>What a system subscribes to.</summary>
/// <param name="Purposes">Purposes it uses data for; a stop of one of them, of a broader or of a narrower one reaches it.</param>
/// <param name="Channels">Channels it uses; <c>any</c> for all.</param>
/// <param name="Identifiers">The only identifiers it is ever sent, and in which form.</param>
/// <param name="ObjectiveSeconds">Seconds from the record to the acknowledgement, 1 to 2,592,000; later is overdue. Absent: the purpose's.</param>
public sealed record SystemContract(
    IReadOnlyList<string> Purposes,
    IReadOnlyList<string> Channels,
    IReadOnlyList<ContractIdentifier> Identifiers,
    int? ObjectiveSeconds = null);

/// <summary>One identifier type of a contract.</summary>
/// <param name="Type">Such as <c>email</c>.</param>
/// <param name="Form"><c>plain</c>, <c>sha256</c> or <c>hmac</c>.</param>
public sealed record ContractIdentifier(string Type, string Form = "plain");
