using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OptOut.Ledger;

namespace OptOut.Tests.Ledger;

public sealed partial class CanonicalJsonTests
{
    [Fact]
    public void Members_stand_in_the_order_of_their_utf16_code_units()
    {
        var value = new CanonicalObject { { "b", "1" }, { "B", "2" }, { "a", new CanonicalArray { "x", "y" } } };
        // U+1F602 is a pair of surrogates, and so stands before U+FB33 although its code point is higher.
        value.Add("\uFB33", "4");
        value.Add("\U0001F602", "3");
        const string expected = "{\"B\":\"2\",\"a\":[\"x\",\"y\"],\"b\":\"1\",\"\U0001F602\":\"3\",\"\uFB33\":\"4\"}";
        Assert.Equal(expected, Encode(value), StringComparer.Ordinal);
    }

    [Fact]
    public void Only_the_escapes_of_the_standard_are_written()
    {
        var text = string.Concat(Enumerable.Range(0, 0x20).Select(code => (char)code)) + "\"\\/<>&'+\u007f\u2028é😂";
        var expected = "\"" + """
            \u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f
            \u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f
            \"\\/<>&'+
            """.ReplaceLineEndings("") + "\u007f\u2028é😂\"";
        Assert.Equal(expected, Encode(text), StringComparer.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_is_refused_and_never_replaced() =>
        Assert.ThrowsAny<ArgumentException>(() => CanonicalJson.ToBytes("\uD83D"));

    [Fact]
    public void A_name_occurs_once() =>
        Assert.Throws<ArgumentException>(() => new CanonicalObject { { "a", "1" }, { "a", "2" } });

    [Fact]
    public void Nesting_has_a_bound()
    {
        CanonicalValue value = "x";
        for (var i = 0; i < CanonicalJson.MaxDepth; i++)
            value = new CanonicalArray { value };
        Assert.NotEmpty(CanonicalJson.ToBytes(value));
        Assert.Throws<ArgumentException>(() => CanonicalJson.ToBytes(new CanonicalArray { value }));
    }

    [Theory]
    [InlineData("french")]
    [InlineData("unicode")]
    [InlineData("weird")]
    public void The_published_cases_without_numbers_come_out_byte_for_byte(string name)
    {
        if (!PublicVectors.TryRead($"jcs/input/{name}.json", out var input)
            || !PublicVectors.TryFind($"jcs/outhex/{name}.txt", out var hexFile))
            return;

        var hex = string.Concat(File.ReadAllText(hexFile).Where(char.IsAsciiHexDigit));
        Assert.Equal(hex, Convert.ToHexStringLower(CanonicalJson.ToBytes(FromJson(input))));
    }

    [Fact]
    public void The_published_cases_with_numbers_agree_in_their_strings_and_order()
    {
        // The writer has no numbers, booleans and null: each case is written with them as strings, on both sides.
        foreach (var name in new[] { "arrays", "structures", "values" })
        {
            if (!PublicVectors.TryRead($"jcs/input/{name}.json", out var input)
                || !PublicVectors.TryFind($"jcs/output/{name}.json", out var output))
                return;

            var expected = Bare().Replace(File.ReadAllText(output), "\"$1\"");
            Assert.Equal(expected, Encode(FromJson(input)), StringComparer.Ordinal);
        }
    }

    private static string Encode(CanonicalValue value) => Encoding.UTF8.GetString(CanonicalJson.ToBytes(value));

    private static CanonicalValue FromJson(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new CanonicalObject();
                foreach (var member in json.EnumerateObject())
                    members.Add(member.Name, FromJson(member.Value));
                return members;
            case JsonValueKind.Array:
                var elements = new CanonicalArray();
                foreach (var element in json.EnumerateArray())
                    elements.Add(FromJson(element));
                return elements;
            case JsonValueKind.String:
                return json.GetString()!;
            default:
                return Scalar(json);
        }
    }

    // The published number forms are ECMAScript's, which for these cases is the shortest form with a lower-case e.
    private static string Scalar(JsonElement json) => json.ValueKind == JsonValueKind.Number
        ? json.GetDouble().ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e')
        : json.GetRawText();

    [GeneratedRegex(@"(?<=[\[,:])(-?[0-9][^,\]}""]*|true|false|null)(?=[,\]}])")]
    private static partial Regex Bare();
}
