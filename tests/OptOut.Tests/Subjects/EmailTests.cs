namespace OptOut.Tests.Subjects;

public sealed class EmailTests
{
    [Theory]
    [InlineData("ada@example.com", "ada@example.com")]
    [InlineData("Ada@Example.COM", "ada@example.com")]
    [InlineData("  ada@example.com\t\r\n", "ada@example.com")]
    [InlineData("\u00A0ada@example.com\u3000", "ada@example.com")]
    [InlineData("ada@example.com.", "ada@example.com")]
    [InlineData("ADA.LOVELACE+News@example.com", "ada.lovelace+news@example.com")]
    [InlineData("a@b.co", "a@b.co")]
    [InlineData("o'brien_x-1@mail.example-site.co.uk", "o'brien_x-1@mail.example-site.co.uk")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com")]
    [InlineData("123@456.example", "123@456.example")]
    [InlineData("\"ada\"@example.com", "ada@example.com")]
    [InlineData("\"Ada.L\"@example.com", "ada.l@example.com")]
    [InlineData("\"a..b\"@docomo.example", "\"a..b\"@docomo.example")]
    [InlineData("\"a.\"@docomo.example", "\"a.\"@docomo.example")]
    // Composed and decomposed, upper and lower case beyond ASCII
    [InlineData("Jose\u0301@example.com", "jos\u00e9@example.com")]
    [InlineData("JOS\u00c9@example.com", "jos\u00e9@example.com")]
    [InlineData("\u03a3\u039f\u03a6\u039f\u03a3@example.com", "\u03c3\u03bf\u03c6\u03bf\u03c3@example.com")]
    [InlineData("\u03c3\u03bf\u03c6\u03bf\u03c2@example.com", "\u03c3\u03bf\u03c6\u03bf\u03c3@example.com")]
    [InlineData("\u0130@example.com", "i\u0307@example.com")]
    [InlineData("\u0418\u0412\u0410\u041d@example.com", "\u0438\u0432\u0430\u043d@example.com")]
    // Full-width forms
    [InlineData("\uff21\uff44\uff41\uff20\uff45\uff58\uff0e\uff43\uff4f\uff4d", "ada@ex.com")]
    [InlineData("ada@example\u3002com", "ada@example.com")]
    [InlineData("ada@example\uff61com\u3002", "ada@example.com")]
    // International domains
    [InlineData("info@b\u00fccher.example", "info@xn--bcher-kva.example")]
    [InlineData("info@B\u00dcCHER.example", "info@xn--bcher-kva.example")]
    [InlineData("info@bu\u0308cher.example", "info@xn--bcher-kva.example")]
    [InlineData("info@xn--bcher-kva.example", "info@xn--bcher-kva.example")]
    [InlineData("info@XN--BCHER-KVA.example", "info@xn--bcher-kva.example")]
    [InlineData("info@\u043f\u0440\u0438\u043c\u0435\u0440.example", "info@xn--e1afmkfd.example")]
    [InlineData("info@\u4f8b\u3048.jp", "info@xn--r8jz45g.jp")]
    // One script in each part, or scripts that are written together
    [InlineData("\u0438\u0432\u0430\u043d@example.com", "\u0438\u0432\u0430\u043d@example.com")]
    [InlineData("ivan.\u0438\u0432\u0430\u043d@example.com", "ivan.\u0438\u0432\u0430\u043d@example.com")]
    [InlineData("\u0438\u0432\u0430\u043d+news@example.com", "\u0438\u0432\u0430\u043d+news@example.com")]
    [InlineData("tokyo\u6771\u4eac\u3068\u30ab@example.com", "tokyo\u6771\u4eac\u3068\u30ab@example.com")]
    [InlineData("abc\u6c49\u3105@example.com", "abc\u6c49\u3105@example.com")]
    [InlineData("kim\uae40\u91d1@example.com", "kim\uae40\u91d1@example.com")]
    [InlineData("\u0928\u092e\u0938\u094d\u0924\u0947@example.com", "\u0928\u092e\u0938\u094d\u0924\u0947@example.com")]
    [InlineData("\u0438\u0432\u0430\u043d2000@example.com", "\u0438\u0432\u0430\u043d2000@example.com")]
    public void Every_spelling_of_one_address_gives_one_form(string written, string canonical) =>
        Assert.Equal(canonical, Normalising.Accept("email", written).Value);

    [Theory]
    [InlineData(null, "identifier_empty")]
    [InlineData("", "identifier_empty")]
    [InlineData(" \t ", "identifier_empty")]
    [InlineData("ada", "identifier_unparsable")]
    [InlineData("@example.com", "identifier_unparsable")]
    [InlineData("ada@", "identifier_unparsable")]
    [InlineData("@", "identifier_unparsable")]
    [InlineData("ada@@example.com", "identifier_unparsable")]
    [InlineData("ada@b@example.com", "identifier_unparsable")]
    [InlineData("ada lovelace@example.com", "identifier_unparsable")]
    [InlineData("ada@exa mple.com", "identifier_unparsable")]
    [InlineData("Ada <ada@example.com>", "identifier_unparsable")]
    [InlineData("mailto:ada@example.com", "identifier_unparsable")]
    [InlineData("ada@example.com,bob@example.com", "identifier_unparsable")]
    [InlineData(".ada@example.com", "identifier_unparsable")]
    [InlineData("ada.@example.com", "identifier_unparsable")]
    [InlineData("a..b@example.com", "identifier_unparsable")]
    [InlineData("\"a b\"@example.com", "identifier_unparsable")]
    [InlineData("\"a@b\"@example.com", "identifier_unparsable")]
    [InlineData("\"a\\b\"@example.com", "identifier_unparsable")]
    [InlineData("\"\"@example.com", "identifier_unparsable")]
    [InlineData("\"@example.com", "identifier_unparsable")]
    [InlineData("ada(comment)@example.com", "identifier_unparsable")]
    [InlineData("ada@[192.0.2.1]", "identifier_unparsable")]
    [InlineData("ada@[IPv6:2001:db8::1]", "identifier_unparsable")]
    [InlineData("ada@192.0.2.1", "identifier_unparsable")]
    [InlineData("ada@localhost", "identifier_unparsable")]
    [InlineData("ada@.example.com", "identifier_unparsable")]
    [InlineData("ada@example..com", "identifier_unparsable")]
    [InlineData("ada@example.com..", "identifier_unparsable")]
    [InlineData("ada@.", "identifier_unparsable")]
    [InlineData("ada@-example.com", "identifier_unparsable")]
    [InlineData("ada@example-.com", "identifier_unparsable")]
    [InlineData("ada@exa_mple.com", "identifier_unparsable")]
    [InlineData("ada@exa$mple.com", "identifier_unparsable")]
    [InlineData("ada@xn--\u00fc.com", "identifier_unparsable")]
    [InlineData("ada@xn--a.com", "identifier_unparsable")]
    [InlineData("ada@\u0301example.com", "identifier_unparsable")]
    [InlineData("a\u3000b@example.com", "identifier_unparsable")]
    // Control, direction and invisible characters
    [InlineData("ada\0@example.com", "identifier_control_character")]
    [InlineData("ada@example.com\0", "identifier_control_character")]
    [InlineData("ada\r\nBcc:x@example.com", "identifier_control_character")]
    [InlineData("ada\u007f@example.com", "identifier_control_character")]
    [InlineData("ada\u0085x@example.com", "identifier_control_character")]
    [InlineData("ada\u200b@example.com", "identifier_control_character")]
    [InlineData("ada\u200d@example.com", "identifier_control_character")]
    [InlineData("\u202eada@example.com", "identifier_control_character")]
    [InlineData("ada@exam\u2066ple.com", "identifier_control_character")]
    [InlineData("\ufeffada@example.com", "identifier_control_character")]
    [InlineData("ada\u00ad@example.com", "identifier_control_character")]
    [InlineData("ada\u2028x@example.com", "identifier_control_character")]
    [InlineData("ada\ufe0f@example.com", "identifier_control_character")]
    [InlineData("ada\u3164@example.com", "identifier_control_character")]
    [InlineData("ada\udb40\udd00@example.com", "identifier_control_character")]
    [InlineData("ada\uffff@example.com", "identifier_control_character")]
    // Look-alikes
    [InlineData("\u0430da@example.com", "identifier_mixed_script")]
    [InlineData("p\u0430ypal@example.com", "identifier_mixed_script")]
    [InlineData("ada@ex\u0430mple.com", "identifier_mixed_script")]
    [InlineData("ada@xn--exmple-4nf.com", "identifier_mixed_script")]
    [InlineData("\u03b1da@example.com", "identifier_mixed_script")]
    [InlineData("\u0561da@example.com", "identifier_mixed_script")]
    [InlineData("ada\u05d0@example.com", "identifier_mixed_script")]
    [InlineData("\u0430\u03b1@example.com", "identifier_mixed_script")]
    [InlineData("\u3042\uae40@example.com", "identifier_mixed_script")]
    [InlineData("ada\u10d0@example.com", "identifier_mixed_script")]
    [InlineData("ada\u13a0@example.com", "identifier_mixed_script")]
    public void What_is_no_address_or_pretends_to_be_one_is_refused(string? written, string code) =>
        Assert.Equal(code, Normalising.Refuse("email", written!));

    [Fact]
    public void A_lone_half_of_a_surrogate_pair_is_refused()
    {
        Assert.Equal("identifier_control_character", Normalising.Refuse("email", "ada" + '\ud800' + "@example.com"));
        Assert.Equal("identifier_control_character", Normalising.Refuse("user_id", "ada" + '\udc00'));
    }

    [Theory]
    [InlineData("ada+news@example.com", "ada@example.com")]
    [InlineData("ada+a+b@example.com", "ada@example.com")]
    [InlineData("Ada+@example.com", "ada@example.com")]
    [InlineData("\"a..b+x\"@docomo.example", "\"a..b\"@docomo.example")]
    [InlineData("a.+x@example.com", "\"a.\"@example.com")]
    public void A_stop_on_the_untagged_address_covers_its_tagged_forms(string tagged, string untagged)
    {
        var identifier = Normalising.Accept("email", tagged);

        Assert.Equal([identifier.Value, untagged], identifier.MatchForms);
        Assert.NotEqual(untagged, identifier.Value);
        Assert.Equal(untagged, Normalising.Accept("email", untagged).Value);
    }

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("+news@example.com")]
    [InlineData("ada@xn--bcher-kva.example")]
    public void An_address_without_a_tag_matches_only_itself(string address) =>
        Assert.Equal([address], Normalising.Accept("email", address).MatchForms);

    [Fact]
    public void Length_is_bounded_before_and_after()
    {
        var domain = $"{new string('d', 60)}.{new string('d', 60)}.{new string('d', 60)}.{new string('d', 60)}.example";
        var fits = new string('a', 320 - 1 - domain.Length) + "@" + domain;

        Assert.Equal(fits, Normalising.Accept("email", fits).Value);
        Assert.Equal("identifier_too_long", Normalising.Refuse("email", "a" + fits));
        Assert.Equal("identifier_too_long", Normalising.Refuse("email", new string('a', 10_000_000)));
        Assert.Equal("identifier_unparsable", Normalising.Refuse("email", $"a@{new string('d', 64)}.example"));
        Assert.Equal("identifier_unparsable", Normalising.Refuse("email", $"a@{domain}.{new string('d', 20)}.com"));
    }
}
