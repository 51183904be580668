using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OptOut.Contracts.Identifiers;

namespace OptOut.Tests.Subjects;

public sealed class NormaliserPropertyTests
{
    private static readonly string[] Pieces =
    [
        "a", "Z", "ada", "\u00c9", "e\u0301", "\u0430", "\u03a3", "\u03c2", "\u0130", "\u017f", "\u1e9e", "\u6771",
        "\u3042",
        "\u30fc", "\uae40", "\u05d0", "\u0634", "\uff21", "\uff20", "@", "@example.com", "@b\u00fccher.example",
        "@xn--bcher-kva.de",
        ".", "..", "+", "-", "\"", "(0)", "(", ")", "00", "+49", "+1", "+39", "tel:", "0", "5", "1234567", "\uff15",
        " ", "\u00a0",
        "\0", "\u200b", "\u202e", "\ud83d\ude00", "\ud800", "\ufb01", "\u00df", "\u3002", "\u0345", "\u1fb3",
        "[", "\u2126", "\u00b5",
        "6D92078A-8246-4BA4-AE5B-76104861E7DC", ".com", "\u0958", "\ud834\udd5e", "\u00bd",
    ];

    private static readonly IdentifierNormaliser[] Normalisers =
    [
        .. new[] { null, "US", "DE", "IT", "AU", "BR" }.Select(region => new IdentifierNormaliser(new IdentifierOptions
        {
            DefaultRegion = region, Types = { ["handle"] = new() { LowerCase = true, Trim = false } },
        })),
    ];

    private static readonly Arbitrary<string> Texts = Gen.Elements(Pieces).ListOf()
        .Select(pieces => string.Concat(pieces)).ToArbitrary();

    private static readonly Arbitrary<string> Addresses = Gen.Elements(Pieces).NonEmptyListOf()
        .SelectMany(_ => Gen.Elements("@example.com", "@b\u00fccher.example", "@\u4f8b\u3048.jp"),
            (pieces, domain) => string.Concat(pieces.Where(piece => !piece.Contains('@'))) + domain).ToArbitrary();

    private static readonly Arbitrary<string> Numbers = Gen
        .Elements("+49", "0049", "+1", "+39", "+44(0)", "0", "+7", "")
        .SelectMany(_ => Gen.Choose(0, 999_999_999), (prefix, number) =>
            $"{prefix} {number:000 000-000}").ToArbitrary();

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    [Fact]
    public void No_string_makes_a_rule_throw_and_what_is_canonical_stays_so()
    {
        Prop.ForAll<string>(AllRulesHold).Check(Many);
        Prop.ForAll(Texts, AllRulesHold).Check(Many);
        Prop.ForAll(Addresses, AllRulesHold).Check(Many);
        Prop.ForAll(Numbers, AllRulesHold).Check(Many);
    }

    [Fact]
    public void Case_white_space_and_form_of_an_accepted_address_never_matter() =>
        Prop.ForAll(Addresses, address =>
        {
            if (!Normalising.Plain.TryNormalise("email", address, out var identifier, out _)) return true;

            // Upper case of the composed form: alone, a small iota below a letter would become a letter of its own.
            string[] spellings =
            [
                $"  {address}\n", address.Normalize(NormalizationForm.FormD), address.Normalize().ToUpperInvariant(),
            ];
            return spellings.All(other => Normalising.Accept("email", other).Value == identifier.Value);
        }).Check(Many);

    [Fact]
    public void Folding_case_twice_changes_no_character_again()
    {
        for (var code = 0; code <= 0x1FFFF; code++)
        {
            if (code is >= 0xD800 and <= 0xDFFF or >= 0xFDD0 and <= 0xFDEF || (code & 0xFFFE) == 0xFFFE) continue;
            var folded = IdentifierText.FoldCase(char.ConvertFromUtf32(code));
            Assert.Equal(folded, IdentifierText.FoldCase(folded));
        }
    }

    private static bool AllRulesHold(string text) => Normalisers.All(normaliser =>
        normaliser.Types.All(type => IsStable(normaliser, type, text)));

    private static bool IsStable(IdentifierNormaliser normaliser, string type, string text)
    {
        if (!normaliser.TryNormalise(type, text, out var once, out var refusal))
            return refusal is not null && once is null;
        return once.MatchForms.All(form =>
            normaliser.TryNormalise(type, form, out var twice, out _) && twice.Value == form);
    }
}
