using System.Security.Cryptography;
using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

public sealed class SealingTests
{
    private static readonly Guid Ada = new("0193a5b0-7d2e-7c11-9a55-0123456789ab");
    private static readonly Guid Bob = new("0193a5b0-7d2e-7c11-9a55-0123456789ac");
    private static readonly KeyRing Ring = Rings.One();

    [Fact]
    public void A_subjects_key_and_value_sealed_by_an_independent_implementation_open()
    {
        var wrapped = Convert.FromBase64String(
            "AQkJCQkJCQkJCQkJCfIW3X3jfVSYoCgtEafj+8kd/KYeT5Avr3eYdxbcN3/DXjWnBkdXjz/qXkMGV1Rujw==");
        var value = Convert.FromBase64String("AQkJCQkJCQkJCQkJCUbh5dTbiKAM0A6uFoWFzgALp87fgKV/+tsnnlQZMvU=");

        using var key = new SubjectKeyWrap(Ring).Unwrap(Ada, "k1", wrapped);

        Assert.Equal("ada@example.com"u8, key.Decrypt(value, "row"u8));
    }

    [Fact]
    public void A_value_comes_back_and_no_two_sealings_are_alike()
    {
        using var key = SubjectKey.Create();
        var one = key.Encrypt("ada@example.com"u8, "row"u8);

        Assert.Equal("ada@example.com"u8, key.Decrypt(one, "row"u8));
        Assert.NotEqual(one, key.Encrypt("ada@example.com"u8, "row"u8));
        Assert.Empty(key.Decrypt(key.Encrypt([], []), []));
    }

    [Fact]
    public void Any_changed_bit_cut_or_other_data_refuses_a_value()
    {
        using var key = SubjectKey.Create();
        var box = key.Encrypt("value"u8, "row"u8);
        for (var bit = 0; bit < box.Length * 8; bit++)
        {
            var changed = box.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<CryptographicException>(() => key.Decrypt(changed, "row"u8));
        }

        for (var length = 0; length < box.Length; length++)
            Assert.ThrowsAny<CryptographicException>(() => key.Decrypt(box.AsSpan(0, length), "row"u8));
        Assert.ThrowsAny<CryptographicException>(() => key.Decrypt(box, "other row"u8));
        using var other = SubjectKey.Create();
        Assert.ThrowsAny<CryptographicException>(() => other.Decrypt(box, "row"u8));
    }

    [Fact]
    public void A_wrapped_key_opens_for_its_own_subject_only()
    {
        var wrap = new SubjectKeyWrap(Ring);
        using var key = SubjectKey.Create();
        var value = key.Encrypt("value"u8, []);
        var wrapped = wrap.Wrap(Ada, key);

        using var again = wrap.Unwrap(Ada, wrapped.KeyId, wrapped.Bytes);
        Assert.Equal("value"u8, again.Decrypt(value, []));
        Assert.ThrowsAny<CryptographicException>(() => wrap.Unwrap(Bob, wrapped.KeyId, wrapped.Bytes));
        Assert.Throws<KeyUnknownException>(() => wrap.Unwrap(Ada, "gone", wrapped.Bytes));
    }

    [Fact]
    public void A_key_wrapped_before_a_rotation_opens_after_it()
    {
        using var key = SubjectKey.Create();
        var value = key.Encrypt("value"u8, []);
        var wrapped = new SubjectKeyWrap(Ring).Wrap(Ada, key);
        var rotated = Rings.Of(
            Rings.Key("k2", "2026-02-01T00:00:00Z", 5), Rings.Key("k1", "2026-01-01T00:00:00Z", 0, "retired"));

        using var again = new SubjectKeyWrap(rotated).Unwrap(Ada, wrapped.KeyId, wrapped.Bytes);

        Assert.Equal("value"u8, again.Decrypt(value, []));
        Assert.Equal("k2", new SubjectKeyWrap(rotated).Wrap(Ada, again).KeyId);
    }

    [Fact]
    public void A_disposed_key_neither_seals_nor_opens()
    {
        var key = SubjectKey.Create();
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.Encrypt([], []));
        Assert.Throws<ObjectDisposedException>(() => key.Decrypt(new byte[64], []));
    }

    [Fact]
    public void A_secret_opens_under_its_own_label_only()
    {
        var box = new SecretBox(Ring);
        var blob = box.Protect("webhook:crm", "whsec"u8);

        Assert.Equal("whsec"u8, box.Unprotect("webhook:crm", blob));
        Assert.ThrowsAny<CryptographicException>(() => box.Unprotect("webhook:mailer", blob));
        Assert.Equal("whsec"u8, box.Unprotect(
            "webhook:crm", Convert.FromBase64String("AmsxAQkJCQkJCQkJCQkJCRGtJRsIGZDyg0ITOv6pE3b8woikOA==")));
    }

    [Fact]
    public void A_damaged_secret_is_refused_as_such()
    {
        var box = new SecretBox(Ring);
        var blob = box.Protect("l", "s"u8);
        for (var length = 0; length < blob.Length; length++)
            Assert.ThrowsAny<CryptographicException>(() => box.Unprotect("l", blob.AsSpan(0, length)));
        for (var i = 0; i < blob.Length; i++)
        {
            var changed = blob.ToArray();
            changed[i] ^= 0x80;
            Assert.ThrowsAny<CryptographicException>(() => box.Unprotect("l", changed));
        }
    }
}
