using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace OptOut.Contracts.Identifiers;

/// <summary>
/// How national numbers are written in one region. The trunk prefix is dialled inside the country and dropped outside;
/// Italy has none, its leading zero belongs to the number. Lengths are of the number without trunk prefix.
/// </summary>
internal sealed record PhoneRegion(string Code, string CallingCode, string Trunk, int MinLength, int MaxLength)
{
    /// <summary>What is dialled for abroad instead of 00.</summary>
    public string? InternationalPrefix { get; private init; }

    /// <summary>Without the trunk prefix a number is local, and its area unknown.</summary>
    public bool TrunkRequired { get; private init; }

    private static readonly PhoneRegion[] All =
    [
        new("US", "1", "1", 10, 10) { InternationalPrefix = "011" },
        new("CA", "1", "1", 10, 10) { InternationalPrefix = "011" },
        new("DE", "49", "0", 5, 13) { TrunkRequired = true },
        new("AT", "43", "0", 4, 13) { TrunkRequired = true },
        new("CH", "41", "0", 9, 12) { TrunkRequired = true },
        new("FR", "33", "0", 9, 9) { TrunkRequired = true },
        new("ES", "34", "", 9, 9),
        new("IT", "39", "", 6, 12),
        new("GB", "44", "0", 7, 10) { TrunkRequired = true },
        new("NL", "31", "0", 7, 11) { TrunkRequired = true },
        new("BE", "32", "0", 8, 10) { TrunkRequired = true },
        new("SE", "46", "0", 6, 13) { TrunkRequired = true },
        new("DK", "45", "", 8, 12),
        new("NO", "47", "", 5, 12),
        new("PL", "48", "", 9, 9),
        new("PT", "351", "", 9, 9),
        new("IE", "353", "0", 7, 10) { TrunkRequired = true },
        new("AU", "61", "0", 6, 10) { TrunkRequired = true, InternationalPrefix = "0011" },
        new("NZ", "64", "0", 8, 10) { TrunkRequired = true },
        new("JP", "81", "0", 9, 13) { TrunkRequired = true, InternationalPrefix = "010" },
        new("IN", "91", "0", 10, 13),
        new("BR", "55", "0", 10, 11),
    ];

    private static readonly FrozenDictionary<string, PhoneRegion> ByCode =
        All.ToFrozenDictionary(region => region.Code, StringComparer.Ordinal);

    public static string Codes { get; } = string.Join(", ", All.Select(region => region.Code));

    public static bool TryGet(string code, [NotNullWhen(true)] out PhoneRegion? region) =>
        ByCode.TryGetValue(code, out region);

    /// <summary>Region of an international number, null where the table has none. US stands for all of +1.</summary>
    public static PhoneRegion? OfInternational(string digits) =>
        Array.Find(All, region => digits.StartsWith(region.CallingCode, StringComparison.Ordinal));
}
