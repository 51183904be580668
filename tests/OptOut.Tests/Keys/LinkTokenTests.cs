using System.Buffers.Text;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

public sealed class LinkTokenTests
{
    private static readonly LinkPayload Ada =
        new(new Guid("0193a5b0-7d2e-7c11-9a55-0123456789ab"), 1, "marketing.newsletter");

    private static readonly LinkToken Links = new(Rings.One());

    [Fact]
    public void One_scope_of_one_person_has_one_token_which_an_independent_implementation_also_makes()
    {
        Assert.Equal(
            "AmsxbURr5r7bQR2Jyfk8GeYs8Pqk59ewisKiiDcPMYIfj9gWh25vfxmaA08ghUGWhqXULH2w5-INhUWBU2CSl3uz-r4",
            Links.Create(Ada));
        Assert.Equal(Links.Create(Ada), Links.Create(Ada));
    }

    [Fact]
    public void A_token_gives_back_what_it_stops()
    {
        Assert.True(Links.TryRead(Links.Create(Ada), out var read));
        Assert.Equal(Ada, read);

        var longest = new LinkPayload(Guid.Empty, 255, new string('p', LinkToken.MaxPurposeBytes));
        Assert.True(Links.TryRead(Links.Create(longest), out read));
        Assert.Equal(longest, read);
        Assert.InRange(Links.Create(longest).Length, 1, 256);
    }

    [Fact]
    public void A_token_made_before_rotations_stops_for_ever()
    {
        var token = Links.Create(Ada);
        var rotated = new LinkToken(Rings.Of(
            Rings.Key("k3", "2026-03-01T00:00:00Z", 9),
            Rings.Key("k2", "2026-02-01T00:00:00Z", 5),
            Rings.Key("k1", "2026-01-01T00:00:00Z", 0, "retired")));

        Assert.True(rotated.TryRead(token, out var read));
        Assert.Equal(Ada, read);
        Assert.NotEqual(token, rotated.Create(Ada));
    }

    [Fact]
    public void A_token_of_another_ring_is_refused_even_under_the_same_key_id() =>
        Assert.False(
            new LinkToken(Rings.Of(Rings.Key("k1", "2026-01-01T00:00:00Z", 77))).TryRead(Links.Create(Ada), out _));

    [Fact]
    public void Every_changed_letter_cut_or_addition_is_refused()
    {
        var token = Links.Create(Ada);
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (var i = 0; i < token.Length; i++)
        {
            foreach (var letter in alphabet.Where(letter => letter != token[i]))
                Assert.False(Links.TryRead($"{token[..i]}{letter}{token[(i + 1)..]}", out _));
            Assert.False(Links.TryRead(token[..i], out _));
        }

        foreach (var more in new[] { "=", "==", "A", " ", "\n", ".", "\0", "%3D" })
        {
            Assert.False(Links.TryRead(token + more, out _));
            Assert.False(Links.TryRead(more + token, out _));
            Assert.False(Links.TryRead(token[..20] + more + token[20..], out _));
        }
    }

    [Fact]
    public void A_token_sealed_with_the_right_key_but_another_nonce_is_no_second_spelling()
    {
        var ring = Rings.One();
        byte[] plain = [.. Ada.SubjectId.ToByteArray(bigEndian: true), Ada.Channel, .. "marketing.newsletter"u8];
        byte[] blob = [2, .. "k1"u8, .. new byte[12 + plain.Length + 16]];
        using var cipher = new AesGcm(ring.Key(KeyUse.LinkSeal, "k1"), 16);
        cipher.Encrypt(blob.AsSpan(3, 12), plain, blob.AsSpan(15, plain.Length), blob.AsSpan(^16), blob.AsSpan(0, 3));

        Assert.False(Links.TryRead(Base64Url.EncodeToString(blob), out _));
    }

    [Fact]
    public void A_token_shows_neither_person_nor_purpose()
    {
        var bytes = Links.Create(Ada).Replace('-', '+').Replace('_', '/');
        var clear = Convert.FromBase64String(bytes.PadRight((bytes.Length + 3) / 4 * 4, '='));

        Assert.Equal(-1, clear.AsSpan().IndexOf("market"u8));
        Assert.Equal(-1, clear.AsSpan().IndexOf(Ada.SubjectId.ToByteArray(bigEndian: true).AsSpan(0, 8)));
    }

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        Assert.False(Links.TryRead(null, out _));
        Assert.False(Links.TryRead("", out _));
        Assert.False(Links.TryRead(new string('A', 1_000_000), out _));
        for (var length = 0; length < 300; length++) Assert.False(Links.TryRead(new string('_', length), out _));
        Prop.ForAll<string>(text => !Links.TryRead(text, out _)).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[]>(bytes => !Links.TryRead(Base64Url.EncodeToString(bytes ?? []), out _))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_purpose_that_does_not_fit_is_refused_when_the_link_is_made()
    {
        Assert.Throws<ArgumentException>(() => Links.Create(Ada with { Purpose = "" }));
        Assert.Throws<ArgumentException>(() => Links.Create(Ada with { Purpose = new string('p', 129) }));
    }
}
