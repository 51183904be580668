using System.Buffers.Binary;
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
        var digest = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(digest), signature.KeyId);
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

        // The message as the specification spells it, put together here once more.
        var message = Encoding.UTF8.GetBytes($"cosignature/v1\ntime {Noon.ToUnixTimeSeconds()}\n{Text}");
        Assert.Equal(Ed25519.Sign(Seed(2), message), check.Verified[1].Bytes.Span[8..].ToArray());

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
        NoteSigner[] twice =
            [NoteSigner.FromEd25519(Origin, Seed(1)), NoteSigner.Cosigner("w", Seed(1), TimeProvider.System)];
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
