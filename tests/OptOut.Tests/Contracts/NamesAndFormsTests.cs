using System.Text;
using OptOut.Contracts;

namespace OptOut.Tests.Contracts;

public sealed class NamesAndFormsTests
{
    [Fact]
    public void A_queue_is_named_after_its_system()
    {
        Assert.Equal("optout.crm", BrokerNames.Queue("crm"));
        Assert.Equal("optout.crm.dead", BrokerNames.DeadLetterQueue("crm"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("CRM")]
    [InlineData("crm.dead")]
    [InlineData("crm#")]
    [InlineData("a/b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void What_is_no_name_of_a_system_names_no_queue(string name) =>
        Assert.Throws<ArgumentException>(() => BrokerNames.Queue(name));

    // SHA-256 of "abc" from FIPS 180, HMAC-SHA256 case 2 from RFC 4231.
    [Fact]
    public void The_forms_are_the_published_functions()
    {
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", IdentifierForms.Sha256("abc"));
        Assert.Equal(
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            IdentifierForms.Hmac("Jefe"u8, "what do ya want for nothing?"));
    }

    [Fact]
    public void The_hiding_key_is_bound_to_the_secret_and_is_not_the_signing_key()
    {
        var secret = WebhookSecret.FromKey(Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"));
        var key = IdentifierForms.DeriveKey(secret);
        Assert.Equal(IdentifierForms.Hmac(secret.Key, "optout.identifier.v1"), Convert.ToHexStringLower(key));
        Assert.False(secret.Key.SequenceEqual(key));
        Assert.Equal(16, IdentifierForms.KeyId(key).Length);
        Assert.NotEqual(IdentifierForms.KeyId(key), IdentifierForms.KeyId(IdentifierForms.DeriveKey(WebhookSecret.Generate())));
    }

    [Fact]
    public void Every_problem_code_is_snake_case_and_stands_once()
    {
        var codes = typeof(ProblemCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToList();
        Assert.All(codes, code => Assert.Matches("^([a-z_]+\\.)?[a-z]+(_[a-z]+)*$", code));
        Assert.Equal(codes.Count, codes.Distinct(StringComparer.Ordinal).Count());
    }
}
