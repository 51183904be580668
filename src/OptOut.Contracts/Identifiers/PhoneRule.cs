namespace OptOut.Contracts.Identifiers;

/// <summary>
/// Phone numbers to <c>+</c> E.164: international with + or 00, national only where a default region is configured.
/// A trunk zero after a known country code, in brackets or not, is dropped: both spellings ring the same phone.
/// </summary>
internal sealed class PhoneRule(string? defaultRegion)
{
    public const short Version = 1;
    public const int MinDigits = 7;
    public const int MaxDigits = 15;

    public static readonly IdentifierRefusal NotANumber =
        IdentifierRefusal.Unparsable($"A phone number has {MinDigits} to {MaxDigits} digits with its country code.");

    private static readonly IdentifierRefusal TrunkMissing = IdentifierRefusal.Unparsable(
        "The national number lacks its trunk prefix, so its area is unknown; write it with + and country code.");

    private static readonly IdentifierRefusal NotInPlan =
        IdentifierRefusal.Unparsable("The numbering plan of its country has no such phone number.");

    private readonly PhoneRegion? _region =
        defaultRegion is not null && PhoneRegion.TryGet(defaultRegion, out var region) ? region : null;

    public string? Apply(string text, out IdentifierRefusal? refusal)
    {
        var number = IdentifierText.Prepare(text, IdentifierTypes.MaxLength, trim: true, out refusal);
        if (number is null) return null;
        if (number.StartsWith("tel:", StringComparison.OrdinalIgnoreCase)) number = number[4..];
        if (PhoneDigits.Read(number, out refusal) is not { } read) return null;

        var skip = InternationalPrefix(read);
        var e164 = skip >= 0 ? International(read.Digits[skip..], read.OptionalZeroAt - skip, out refusal)
            : _region is not null ? National(_region, read.Digits, out refusal)
            : Refuse(IdentifierRefusal.PhoneRegionMissing, out refusal);
        if (e164 is null) return null;
        return e164.Length - 1 is >= MinDigits and <= MaxDigits ? e164 : Refuse(NotANumber, out refusal);
    }

    // How many digits dial abroad; -1 for a national number. The region's own prefix goes first: 0011 holds 00.
    private int InternationalPrefix(PhoneDigits read)
    {
        if (read.Plus) return 0;
        if (_region?.InternationalPrefix is { } own && read.Digits.StartsWith(own, StringComparison.Ordinal))
            return own.Length;
        return read.Digits.StartsWith("00", StringComparison.Ordinal) ? 2 : -1;
    }

    private static string? International(string digits, int optionalZeroAt, out IdentifierRefusal? refusal)
    {
        refusal = null;
        if (digits.Length == 0 || digits[0] == '0') return Refuse(NotANumber, out refusal);
        if (PhoneRegion.OfInternational(digits) is not { } region)
            return optionalZeroAt < 0 ? "+" + digits : Refuse(NotInPlan, out refusal);

        var number = digits[region.CallingCode.Length..];
        var bracketed = optionalZeroAt == region.CallingCode.Length && region.CallingCode != "39";
        if ((bracketed || region.Trunk == "0") && number.StartsWith('0')) number = number[1..];
        return InPlan(region, number) ? $"+{region.CallingCode}{number}" : Refuse(NotInPlan, out refusal);
    }

    private static string? National(PhoneRegion region, string digits, out IdentifierRefusal? refusal)
    {
        refusal = null;
        var hasTrunk = region.Trunk.Length > 0 && digits.StartsWith(region.Trunk, StringComparison.Ordinal);
        if (region.TrunkRequired && !hasTrunk) return Refuse(TrunkMissing, out refusal);
        var number = hasTrunk ? digits[region.Trunk.Length..] : digits;
        return InPlan(region, number) && number.Length >= region.MinLength && number.Length <= region.MaxLength
            ? $"+{region.CallingCode}{number}"
            : Refuse(NotInPlan, out refusal);
    }

    // After the trunk prefix no number begins with it again. International lengths are left to E.164's own bounds:
    // numbering plans grow, and a refused stop is worse than an odd number.
    private static bool InPlan(PhoneRegion region, string number) => number.Length > 0 && region.Trunk switch
    {
        "0" => number[0] != '0',
        "1" => number[0] is >= '2' and <= '9',
        _ => true,
    };

    private static string? Refuse(IdentifierRefusal why, out IdentifierRefusal? refusal)
    {
        refusal = why;
        return null;
    }
}
