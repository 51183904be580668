using OptOut.Contracts.Identifiers;

namespace OptOut.Tests.Subjects;

public sealed class PhoneTests
{
    [Theory]
    [InlineData("+4930123456", "+4930123456")]
    [InlineData(" +49 30 123-456 ", "+4930123456")]
    [InlineData("+49 (30) 123/456", "+4930123456")]
    [InlineData("+49.30.123.456", "+4930123456")]
    [InlineData("0049 30 123456", "+4930123456")]
    [InlineData("tel:+49-30-123456", "+4930123456")]
    [InlineData("TEL:+4930123456", "+4930123456")]
    [InlineData("\uff0b\uff14\uff19\uff13\uff10\uff11\uff12\uff13\uff14\uff15\uff16", "+4930123456")]
    [InlineData("+\u0664\u0669 30 123456", "+4930123456")]
    [InlineData("+49\u00a030\u2013123\u2011456", "+4930123456")]
    [InlineData("(+49) 30 123456", "+4930123456")]
    [InlineData("+49 (0) 30 123456", "+4930123456")]
    [InlineData("+49 (0)30 123456", "+4930123456")]
    [InlineData("+49 030 123456", "+4930123456")]
    [InlineData("0049 (0)30 123456", "+4930123456")]
    [InlineData("+44 (0)20 7946 0018", "+442079460018")]
    [InlineData("+39 06 6982", "+39066982")]
    [InlineData("+39 (0)6 6982", "+39066982")]
    [InlineData("+34 (0)91 123 45 67", "+34911234567")]
    [InlineData("+1 (212) 555-0100", "+12125550100")]
    [InlineData("+1.212.555.0100", "+12125550100")]
    [InlineData("+7 912 345 67 89", "+79123456789")]
    [InlineData("+86 138 0013 8000", "+8613800138000")]
    [InlineData("+2902222", "+2902222")]
    [InlineData("+123456789012345", "+123456789012345")]
    public void Every_spelling_of_an_international_number_gives_one_form(string written, string canonical) =>
        Assert.Equal(canonical, Normalising.Accept("phone", written).Value);

    [Theory]
    [InlineData("US", "(212) 555-0100", "+12125550100")]
    [InlineData("US", "1 212 555 0100", "+12125550100")]
    [InlineData("US", "011 49 30 123456", "+4930123456")]
    [InlineData("CA", "416 555 0100", "+14165550100")]
    [InlineData("DE", "030 123456", "+4930123456")]
    [InlineData("DE", "0151 23456789", "+4915123456789")]
    [InlineData("DE", "0049 30 123456", "+4930123456")]
    [InlineData("DE", "+33 1 23 45 67 89", "+33123456789")]
    [InlineData("AT", "01 234567", "+431234567")]
    [InlineData("CH", "044 668 18 00", "+41446681800")]
    [InlineData("FR", "01 23 45 67 89", "+33123456789")]
    [InlineData("ES", "912 345 678", "+34912345678")]
    [InlineData("IT", "06 6982", "+39066982")]
    [InlineData("IT", "347 123 4567", "+393471234567")]
    [InlineData("GB", "020 7946 0018", "+442079460018")]
    [InlineData("NL", "020 123 4567", "+31201234567")]
    [InlineData("BE", "02 123 45 67", "+3221234567")]
    [InlineData("SE", "08-123 456 78", "+46812345678")]
    [InlineData("DK", "12 34 56 78", "+4512345678")]
    [InlineData("NO", "22 12 34 56", "+4722123456")]
    [InlineData("PL", "22 123 45 67", "+48221234567")]
    [InlineData("PT", "212 345 678", "+351212345678")]
    [InlineData("IE", "01 234 5678", "+35312345678")]
    [InlineData("AU", "0412 345 678", "+61412345678")]
    [InlineData("AU", "0011 49 30 123456", "+4930123456")]
    [InlineData("NZ", "021 123 4567", "+64211234567")]
    [InlineData("JP", "03-1234-5678", "+81312345678")]
    [InlineData("JP", "010 49 30 123456", "+4930123456")]
    [InlineData("IN", "098765 43210", "+919876543210")]
    [InlineData("IN", "98765 43210", "+919876543210")]
    [InlineData("BR", "(11) 98765-4321", "+5511987654321")]
    [InlineData("BR", "011 98765-4321", "+5511987654321")]
    public void A_national_number_is_read_in_the_default_region(string region, string written, string canonical) =>
        Assert.Equal(canonical, Normalising.Accept("phone", written, Normalising.In(region)).Value);

    [Theory]
    [InlineData("030 123456", "phone_region_missing")]
    [InlineData("(212) 555-0100", "phone_region_missing")]
    [InlineData("", "identifier_empty")]
    [InlineData("  ", "identifier_empty")]
    [InlineData("tel:", "identifier_unparsable")]
    [InlineData("+", "identifier_unparsable")]
    [InlineData("++4930123456", "identifier_unparsable")]
    [InlineData("49+30123456", "identifier_unparsable")]
    [InlineData("+0930123456", "identifier_unparsable")]
    [InlineData("+00 49 30 123456", "identifier_unparsable")]
    [InlineData("00", "identifier_unparsable")]
    [InlineData("+493012", "identifier_unparsable")]
    [InlineData("+1234567890123456", "identifier_unparsable")]
    [InlineData("+49 00 30 123456", "identifier_unparsable")]
    [InlineData("+1 112 555 0100", "identifier_unparsable")]
    [InlineData("0011 49 30 123456", "identifier_unparsable")]
    [InlineData("+7 (0) 912 345 67 89", "identifier_unparsable")]
    [InlineData("+1 800 FLOWERS", "identifier_unparsable")]
    [InlineData("+49 30 123456 ext. 7", "identifier_unparsable")]
    [InlineData("+49 30 123456 x7", "identifier_unparsable")]
    [InlineData("+4930123456;ext=7", "identifier_unparsable")]
    [InlineData("+4930123456,7", "identifier_unparsable")]
    [InlineData("+4930123456#7", "identifier_unparsable")]
    [InlineData("*31#+4930123456", "identifier_unparsable")]
    [InlineData("tel:123;phone-context=+49", "identifier_unparsable")]
    [InlineData("+49\ud800\udc2d301234567", "identifier_unparsable")]
    [InlineData(")4930123456", "phone_region_missing")]
    [InlineData("+49\u00b2301234567", "identifier_unparsable")]
    [InlineData("+4930\0123456", "identifier_control_character")]
    [InlineData("\u202a+4930123456\u202c", "identifier_control_character")]
    [InlineData("+49\n30\t123456", "identifier_control_character")]
    public void What_is_no_whole_number_is_refused(string written, string code) =>
        Assert.Equal(code, Normalising.Refuse("phone", written));

    [Theory]
    [InlineData("DE", "30 123456")]
    [InlineData("DE", "123")]
    [InlineData("GB", "7946 0018")]
    [InlineData("FR", "01 23 45 67")]
    [InlineData("US", "555-0100")]
    [InlineData("US", "112 555 0100")]
    [InlineData("US", "2 212 555 0100")]
    [InlineData("DK", "1234567")]
    [InlineData("AU", "9374 4000")]
    public void A_number_without_its_area_is_not_guessed(string region, string written) =>
        Assert.Equal("identifier_unparsable", Normalising.Refuse("phone", written, Normalising.In(region)));

    [Fact]
    public void An_unknown_default_region_is_refused_with_the_known_ones()
    {
        var refused = Assert.Throws<ArgumentException>(() => Normalising.In("XX"));
        Assert.Contains("US, CA, DE", refused.Message, StringComparison.Ordinal);
        Assert.Empty(new IdentifierOptions { DefaultRegion = "DE" }.Faults());
    }
}
