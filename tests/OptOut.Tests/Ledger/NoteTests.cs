using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OptOut.Ledger.Notes;

namespace OptOut.Tests.Ledger;

public sealed class NoteTests
{
    private const string Origin = "optout.example/ledger";
    private const string Text = Origin + "\n5\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";

    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_ecdsa_signature_is_in_der_and_names_the_key_without_its_name()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var note = SignedNote.Sign(Text, [NoteSigner.Ecdsa(Origin, key)]);
        var signature = Assert.Single(note.Signatures);
        Assert.Equal(0x30, signature.Bytes.Span[0]);
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..4]), signature.KeyId.ToString("x8", CultureInfo.InvariantCulture));
        Assert.Equal(Text + "\n" + signature + "\n", Encoding.UTF8.GetString(note.ToBytes()));
    }

    [Fact]
    public void Each_kind_of_key_verifies_what_it_signed_and_its_text_form_reads_back()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.All(Signers(key), signer =>
        {
            var note = SignedNote.Parse(SignedNote.Sign(Text, [signer]).ToBytes());
            var check = note.Check([NoteVerifier.Parse(signer.Verifier.ToString())]);
            Assert.Equal(NoteVerdict.Verified, check.Verdict);
            Assert.Equal(signer.Verifier.KeyId, Assert.Single(check.Verified).KeyId);
        });
    }

    [Fact]
    public void No_signed_note_survives_the_change_of_a_byte()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.All(Signers(key), signer =>
        {
            var good = SignedNote.Sign(Text, [signer]).ToBytes();
            for (var i = 0; i < good.Length; i++)
            foreach (var change in new byte[] { 0x01, 0x02, 0x20, 0x80 })
            {
                var bad = (byte[])good.Clone();
                bad[i] ^= change;
                Assert.False(IsVerified(bad, signer.Verifier), $"{signer.Verifier.KeyType} byte {i} ^ {change}");
            }
        });
    }

    [Fact]
    public void A_witness_adds_its_cosignature_with_the_time_and_leaves_the_rest_alone()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var log = NoteSigner.Ecdsa(Origin, key);
        var witness = NoteSigner.Cosigner("witness.example/w1", Seed(2), new FixedClock());
        var signed = SignedNote.Sign(Text, [log]);
        var cosigned = signed.With([witness]);
        Assert.StartsWith(signed.ToString(), cosigned.ToString(), StringComparison.Ordinal);
        var check = cosigned.Check([log.Verifier, witness.Verifier]);
        Assert.Equal(NoteVerdict.Verified, check.Verdict);
        Assert.Equal(Noon, Cosignature.TimeOf(check.Verified[1].Bytes.Span));

        // A cosignature of the same key is not a signature of the plain kind, and the other way round.
        var plain = new NoteVerifier("witness.example/w1", NoteKeyType.Ed25519, Ed25519.PublicKey(Seed(2)));
        Assert.False(plain.Verify(Encoding.UTF8.GetBytes(Text), check.Verified[1].Bytes.Span[8..]));
    }

    [Fact]
    public void A_bad_signature_of_a_known_key_outweighs_a_good_one_of_another()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (good, forged) = (NoteSigner.Ecdsa(Origin, key), NoteSigner.Ecdsa(Origin, other));
        var lines = SignedNote.Sign("another text\n", [forged]).Signatures[0] + "\n";
        var note = SignedNote.Parse([.. SignedNote.Sign(Text, [good]).ToBytes(), .. Encoding.UTF8.GetBytes(lines)]);
        Assert.Equal(NoteVerdict.BadSignature, note.Check([good.Verifier, forged.Verifier]).Verdict);
        Assert.Equal(new NoteCheck(NoteVerdict.Verified, [], 1).Verdict, note.Check([good.Verifier]).Verdict);
        Assert.Equal(NoteVerdict.NoKnownKey, note.Check([]).Verdict);
    }

    [Fact]
    public void What_a_note_cannot_hold_is_not_signed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signer = NoteSigner.Ecdsa(Origin, key);
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("no newline", [signer]));
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("tab\there\n", [signer]));
        Assert.Throws<ArgumentException>(() => SignedNote.Sign(Text, []));
        var twice = new[] { NoteSigner.FromEd25519(Origin, Seed(1)), NoteSigner.Cosigner("w", Seed(1), TimeProvider.System) };
        Assert.Throws<ArgumentException>(() => SignedNote.Sign(Text, twice));
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => NoteSigner.Ecdsa(Origin, p384));
        Assert.Throws<FormatException>(() => NoteSigner.Ecdsa("two words", key));
    }

    [Theory]
    [InlineData("AQIDBAU= ")]
    [InlineData("AQID BAU=")]
    [InlineData("AQIDBAV=")]
    [InlineData("AQIDBAU")]
    [InlineData("AQIDBA==")]
    public void A_signature_in_another_spelling_of_base64_is_refused(string base64)
    {
        var line = $"text\n\n\u2014 name {base64}\n";
        Assert.Throws<FormatException>(() => SignedNote.Parse(Encoding.UTF8.GetBytes(line)));
        Assert.Single(SignedNote.Parse(Encoding.UTF8.GetBytes("text\n\n\u2014 name AQIDBAU=\n")).Signatures);
    }

    // RFC 8032 section 7.1, tests 1 to 3.
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_gives_the_signatures_of_its_standard(string seed, string publicKey, string text, string signature)
    {
        Assert.True(Ed25519.IsSupported, "libcrypto.so.3 is part of every machine that this is tested on.");
        var (key, message) = (Convert.FromHexString(seed), Convert.FromHexString(text));
        Assert.Equal(publicKey, Convert.ToHexStringLower(Ed25519.PublicKey(key)));
        Assert.Equal(signature, Convert.ToHexStringLower(Ed25519.Sign(key, message)));
        Assert.True(Ed25519.Verify(Convert.FromHexString(publicKey), message, Convert.FromHexString(signature)));
        Assert.False(Ed25519.Verify(Convert.FromHexString(publicKey), [.. message, 0], Convert.FromHexString(signature)));
        Assert.False(Ed25519.Verify(Convert.FromHexString(publicKey), message, new byte[63]));
        Assert.Throws<ArgumentException>(() => Ed25519.Sign(key.AsSpan(1), message));
    }

    private static NoteSigner[] Signers(ECDsa key) =>
    [
        NoteSigner.Ecdsa(Origin, key),
        NoteSigner.FromEd25519(Origin, Seed(1)),
        NoteSigner.Cosigner("witness.example/w1", Seed(2), new FixedClock()),
    ];

    private static bool IsVerified(byte[] note, NoteVerifier key)
    {
        try
        {
            return SignedNote.Parse(note).Check([key]).Verdict == NoteVerdict.Verified;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static byte[] Seed(byte value) => [.. Enumerable.Repeat(value, Ed25519.PrivateKeyBytes)];

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon;
    }
}
