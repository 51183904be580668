using OptOut.Ledger.Notes;

namespace OptOut.Service.Audit.Witnessing;

/// <summary>A witness that is asked to cosign each checkpoint.</summary>
/// <param name="Url">Its base address; <c>add-checkpoint</c> is appended.</param>
/// <param name="Verifier">Its key, got from whoever runs it.</param>
internal sealed record WitnessSetting(Uri Url, NoteVerifier Verifier);

/// <summary>The witnesses, from <c>OptOut__Witnesses__0__Url</c> and <c>OptOut__Witnesses__0__VerifierKey</c>, 1, 2…</summary>
internal sealed record WitnessSettings(IReadOnlyList<WitnessSetting> Witnesses)
{
    /// <summary>More than a handful adds nothing to what one honest witness gives.</summary>
    private const int Max = 8;

    /// <exception cref="ConfigurationException">With every fault.</exception>
    public static WitnessSettings From(IConfiguration configuration)
    {
        var faults = new List<string>();
        var witnesses = new List<WitnessSetting>();
        foreach (var section in configuration.GetSection("OptOut:Witnesses").GetChildren())
        {
            var name = $"OptOut__Witnesses__{section.Key}";
            if (!Uri.TryCreate(section["Url"]?.TrimEnd('/') + "/", UriKind.Absolute, out var url)
                || url.Scheme is not ("http" or "https"))
                faults.Add($"{name}__Url is no http or https address.");
            else if (ReadKey(section["VerifierKey"]) is not { } key)
                faults.Add($"{name}__VerifierKey is no key of a witness: <name>+<8 hex digits>+<base64>, type 0x04.");
            else
                witnesses.Add(new WitnessSetting(url, key));
        }

        if (witnesses.Count > Max)
            faults.Add($"At most {Max} witnesses are asked.");
        if (witnesses.DistinctBy(witness => witness.Verifier.Name, StringComparer.Ordinal).Count() < witnesses.Count)
            faults.Add("Two witnesses have the same name.");
        return faults.Count == 0 ? new WitnessSettings(witnesses) : throw new ConfigurationException(faults);
    }

    private static NoteVerifier? ReadKey(string? text)
    {
        try
        {
            return text is null || NoteVerifier.Parse(text) is not { KeyType: NoteKeyType.Cosignature } key ? null : key;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
