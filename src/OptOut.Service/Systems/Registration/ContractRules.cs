using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems.Registration;

/// <summary>What a contract may say. Everything it names must be known: a misspelt purpose would never be told.</summary>
internal sealed class ContractRules(PurposeTree purposes, IdentifierNormaliser identifiers)
{
    public const int MaxPurposes = 64;
    public const int MaxChannels = 16;
    public const int MaxIdentifiers = 16;

    private static readonly string[] Forms = ["plain", "sha256", "hmac"];

    public void Check(SystemContract contract, List<FieldError> faults)
    {
        CheckList("/contract/purposes", contract.Purposes, MaxPurposes, faults, (pointer, purpose) =>
        {
            if (purpose is null || !purposes.Contains(purpose))
                faults.Add(new FieldError(pointer, "purpose_unknown", "No such purpose."));
        });
        CheckList("/contract/channels", contract.Channels, MaxChannels, faults, (pointer, channel) =>
        {
            if (!Channels.IsKnown(channel))
                faults.Add(new FieldError(pointer, "channel_unknown", $"One of {string.Join(", ", Channels.All)}."));
        });
        CheckList("/contract/identifiers", contract.Identifiers, MaxIdentifiers, faults, (pointer, identifier) =>
        {
            if (identifier?.Type is null || !identifiers.IsKnownType(identifier.Type))
                faults.Add(new FieldError(pointer + "/type", "identifier_type_unknown", "No such identifier type."));
            if (!Forms.Contains(identifier?.Form, StringComparer.Ordinal))
                faults.Add(new FieldError(pointer + "/form", "identifier_form_unknown", "plain, sha256 or hmac."));
        });
        if (contract.ObjectiveSeconds is < Objectives.MinSeconds or > Objectives.MaxSeconds)
            faults.Add(new FieldError("/contract/objectiveSeconds", "out_of_range", Objectives.Rule));
    }

    private static void CheckList<T>(
        string pointer, IReadOnlyList<T> items, int max, List<FieldError> faults, Action<string, T?> check)
    {
        if (items.Count == 0) faults.Add(new FieldError(pointer, "empty", "At least one is needed."));
        if (items.Count > max)
        {
            faults.Add(new FieldError(pointer, "too_many", $"At most {max}."));
            return;
        }

        var seen = new HashSet<T>(items.Count);
        for (var index = 0; index < items.Count; index++)
        {
            check($"{pointer}/{index}", items[index]);
            if (!seen.Add(items[index])) faults.Add(new FieldError($"{pointer}/{index}", "duplicate", "It stands twice."));
        }
    }
}
