using System.Text;
using OptOut.Contracts;

namespace OptOut.Tests.Contracts;

public sealed class StandardWebhooksTests
{
    private const string VectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static readonly WebhookSecret Secret = WebhookSecret.Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    private static readonly DateTimeOffset SignedAt = DateTimeOffset.FromUnixTimeSeconds(1614265330);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("{\"test\": 2432232314}");
    private static readonly WebhookHeaders Vector = new("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", VectorSignature);

    [Fact]
    public void The_published_vector_is_signed_to_the_letter() =>
        Assert.Equal(VectorSignature, StandardWebhooks.Sign(Secret, Vector.Id!, 1614265330, Body));

    [Fact]
    public void The_published_vector_verifies() => Assert.Equal(SignatureVerdict.Ok, Verify(Vector));

    [Theory]
    [InlineData(300, SignatureVerdict.Ok)]
    [InlineData(301, SignatureVerdict.TooOld)]
    [InlineData(-300, SignatureVerdict.Ok)]
    [InlineData(-301, SignatureVerdict.TooNew)]
    public void Five_minutes_either_way_are_the_bound(int seconds, SignatureVerdict expected) =>
        Assert.Equal(expected, StandardWebhooks.Verify(
            Vector, Body, [Secret], SignedAt.AddSeconds(seconds), ContractLimits.SignatureTolerance));

    [Fact]
    public void Without_a_tolerance_the_age_is_not_judged_but_still_signed()
    {
        var later = SignedAt.AddDays(30);
        Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(Vector, Body, [Secret], later, null));
        Assert.Equal(SignatureVerdict.Mismatch,
            StandardWebhooks.Verify(Vector with { Timestamp = "1614265331" }, Body, [Secret], later, null));
    }

    [Theory]
    [InlineData(null, "1614265330", VectorSignature, SignatureVerdict.MissingHeader)]
    [InlineData("id", "", VectorSignature, SignatureVerdict.MissingHeader)]
    [InlineData("id", "1614265330", null, SignatureVerdict.MissingHeader)]
    [InlineData("id", "yesterday", VectorSignature, SignatureVerdict.Malformed)]
    [InlineData("id", "-1614265330", VectorSignature, SignatureVerdict.Malformed)]
    [InlineData("id", "99999999999999999999", VectorSignature, SignatureVerdict.Malformed)]
    [InlineData("id", "1614265330", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", SignatureVerdict.Malformed)]
    [InlineData("id", "1614265330", "v1,not base64", SignatureVerdict.Malformed)]
    [InlineData("id", "1614265330", "v1,AAAA", SignatureVerdict.Malformed)]
    [InlineData("id", "1614265330", VectorSignature, SignatureVerdict.Mismatch)]
    public void Every_broken_header_has_its_own_answer(string? id, string? time, string? mac, SignatureVerdict expected) =>
        Assert.Equal(expected, Verify(new WebhookHeaders(id, time, mac)));

    [Fact]
    public void One_changed_byte_of_the_body_is_a_mismatch()
    {
        var tampered = Body.ToArray();
        tampered[^2] ^= 1;
        Assert.Equal(SignatureVerdict.Mismatch, StandardWebhooks.Verify(Vector, tampered, [Secret], SignedAt, null));
    }

    [Fact]
    public void During_a_rotation_either_secret_is_enough_on_either_side()
    {
        var (old, young) = (WebhookSecret.Generate(), WebhookSecret.Generate());
        var both = StandardWebhooks.SignAll([old, young], "msg_1", SignedAt, Body);
        Assert.Equal(2, both.Signature!.Split(' ').Length);
        Assert.All([old, young], secret => Assert.Equal(SignatureVerdict.Ok, Verify(both, secret)));

        var onlyOld = StandardWebhooks.SignAll([old], "msg_2", SignedAt, Body);
        Assert.Equal(SignatureVerdict.Ok, Verify(onlyOld, young, old));
        Assert.Equal(SignatureVerdict.Mismatch, Verify(onlyOld, young));
    }

    [Fact]
    public void Signatures_of_an_unknown_version_are_passed_over() =>
        Assert.Equal(SignatureVerdict.Ok, Verify(Vector with { Signature = "v1a,xyz v2,abc " + VectorSignature }));

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_AAAA")]
    [InlineData("whsec_not/valid/characters/although/long/enough/§§")]
    public void A_secret_of_another_shape_is_refused_without_repeating_it(string text)
    {
        var refusal = Assert.Throws<FormatException>(() => WebhookSecret.Parse(text));
        Assert.All(text.Split('_', ' '), word => Assert.True(word.Length < 5 || word == "whsec" ||
            !refusal.Message.Contains(word, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_secret_longer_than_64_bytes_is_refused() =>
        Assert.False(WebhookSecret.TryParse("whsec_" + Convert.ToBase64String(new byte[65]), out _));

    [Fact]
    public void A_new_secret_survives_being_written_and_read_but_never_prints_itself()
    {
        var secret = WebhookSecret.Generate();
        Assert.Equal(secret.Key, WebhookSecret.Parse(secret.Reveal()).Key);
        Assert.Equal("whsec_…", $"{secret}");
    }

    private static SignatureVerdict Verify(WebhookHeaders headers, params WebhookSecret[] secrets) =>
        StandardWebhooks.Verify(headers, Body, secrets.Length == 0 ? [Secret] : secrets, SignedAt, TimeSpan.FromMinutes(5));
}
