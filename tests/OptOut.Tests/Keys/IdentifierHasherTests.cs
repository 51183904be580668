using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

public sealed class IdentifierHasherTests
{
    private static readonly KeyRing Ring = Rings.Of(
        Rings.Key("k1", "2026-01-01T00:00:00Z", 0), Rings.Key("k2", "2026-02-01T00:00:00Z", 1));

    [Fact]
    public void The_hash_covers_type_zero_byte_and_value()
    {
        var hash = new IdentifierHasher(Rings.One()).Current(KeyUse.Lookup, "email", "ada@example.com");

        Assert.Equal("k1", hash.KeyId);
        Assert.Equal(
            "5f72d5269b064682045cfe4e9f0c0aff5776f135e9455a1129cae6b37b40ea7e", Convert.ToHexStringLower(hash.Value));
    }

    [Fact]
    public void A_hash_made_before_a_rotation_is_among_those_matched_after_it()
    {
        var before = new IdentifierHasher(Rings.One()).Current(KeyUse.Lookup, "phone", "+4930123456");
        var after = new IdentifierHasher(Ring);

        Assert.Equal("k2", after.Current(KeyUse.Lookup, "phone", "+4930123456").KeyId);
        Assert.Contains(before, after.ForMatching(KeyUse.Lookup, "phone", "+4930123456"));
        Assert.Equal(["k2", "k1"], after.ForMatching(KeyUse.Lookup, "phone", "+4930123456").Select(hash => hash.KeyId));
    }

    [Fact]
    public void What_a_gate_holds_does_not_match_the_index_of_the_database()
    {
        var hasher = new IdentifierHasher(Ring);

        Assert.NotEqual(hasher.Current(KeyUse.Lookup, "email", "a@b.c"), hasher.Current(KeyUse.Feed, "email", "a@b.c"));
        Assert.NotEqual(hasher.Current(KeyUse.Lookup, "email", "a@b.c"),
            hasher.Current(KeyUse.Lookup, "user_id", "a@b.c"));
    }

    [Fact]
    public void Long_and_international_values_hash_like_short_ones()
    {
        var hasher = new IdentifierHasher(Ring);
        var value = new string('界', 320);

        Assert.Equal(hasher.Current(KeyUse.Feed, "user_id", value),
            hasher.ForMatching(KeyUse.Feed, "user_id", value)[0]);
        Assert.NotEqual(hasher.Current(KeyUse.Feed, "user_id", value),
            hasher.Current(KeyUse.Feed, "user_id", value[1..]));
    }

    [Fact]
    public void Keys_of_other_uses_hash_no_identifier() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new IdentifierHasher(Ring).Current(KeyUse.Link, "email", "a@b.c"));
}
