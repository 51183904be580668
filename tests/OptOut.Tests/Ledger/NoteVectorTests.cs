using System.Globalization;
using System.Text;
using System.Text.Json;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;

namespace OptOut.Tests.Ledger;

public sealed class NoteVectorTests
{
    // RFC 6962 tree heads, which only certificate logs write; a key of that type is refused, not half understood.
    private const string TreeHeadType = "+BTBZ";

    [Fact]
    public void Every_published_note_is_judged_as_published()
    {
        if (!PublicVectors.TryRead("signed-note/notes.json", out var vectors))
            return;

        Assert.Equal(28, vectors.GetArrayLength());
        Assert.All(vectors.EnumerateArray(), vector =>
        {
            var vkeys = vector.GetProperty("verifierKeys").EnumerateArray().Select(key => key.GetString()!).ToArray();
            if (vkeys.Any(vkey => vkey.Contains(TreeHeadType, StringComparison.Ordinal)))
                Assert.Throws<FormatException>(() => NoteVerifier.Parse(vkeys[0]));
            else
                Judge(vector, [.. vkeys.Select(NoteVerifier.Parse)]);
        });
    }

    [Fact]
    public void Every_published_verifier_key_is_read_as_published()
    {
        if (!PublicVectors.TryRead("signed-note/verifier-keys.json", out var vectors))
            return;

        var read = 0;
        foreach (var vector in vectors.GetProperty("keys").EnumerateArray())
        {
            var vkey = vector.GetProperty("vkey").GetString()!;
            if (vector.GetProperty("valid").GetBoolean() && !vkey.Contains(TreeHeadType, StringComparison.Ordinal))
                Assert.Equal(vkey, NoteVerifier.Parse(vkey).ToString());
            else
                Assert.Throws<FormatException>(() => NoteVerifier.Parse(vkey));
            read++;
        }

        Assert.Equal(13, read);
    }

    [Fact]
    public void A_verifier_key_that_lost_a_part_or_changed_in_a_byte_is_refused()
    {
        if (!PublicVectors.TryRead("signed-note/verifier-keys.json", out var vectors))
            return;

        var vkey = vectors.GetProperty("keys")[0].GetProperty("vkey").GetString()!;
        for (var start = 0; start < vkey.Length; start++)
        for (var end = start; end <= vkey.Length; end++)
        {
            if (end - start < vkey.Length)
                Assert.Throws<FormatException>(() => NoteVerifier.Parse(vkey[start..end]));
        }

        for (var i = 0; i < vkey.Length; i++)
        {
            var changed = $"{vkey[..i]}{(char)(vkey[i] + 1)}{vkey[(i + 1)..]}";
            Assert.Throws<FormatException>(() => NoteVerifier.Parse(changed));
        }
    }

    [Fact]
    public void The_published_key_ids_come_out()
    {
        if (!PublicVectors.TryRead("signed-note/key-ids.json", out var vectors))
            return;

        foreach (var vector in vectors.GetProperty("keys").EnumerateArray())
        {
            var spki = PublicVectors.Base64(vector.GetProperty("spki"));
            var expected = vector.GetProperty("keyIdHex").GetString();
            var type = vector.GetProperty("type").GetString();
            if (type == "ecdsa-p256")
                Assert.Equal(expected, KeyId(NoteKeyType.EcdsaP256, spki));
            else if (type == "ed25519")
                Assert.Equal(expected, KeyId(NoteKeyType.Ed25519, spki[^32..]));
            else
                Assert.Throws<FormatException>(() => KeyId(NoteKeyType.EcdsaP256, spki));
        }
    }

    [Fact]
    public void Every_published_checkpoint_is_read_as_the_specification_says()
    {
        if (!PublicVectors.TryRead("checkpoint/parse.json", out var vectors))
            return;

        var cases = vectors.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(23, cases.Length);
        Assert.All(cases, vector =>
        {
            var body = vector.GetProperty("body").GetString()!;
            if (vector.GetProperty("specStrictAccepts").GetBoolean())
                Assert.Equal(body, Checkpoint.Parse(body).ToString());
            else
                Assert.Throws<FormatException>(() => Checkpoint.Parse(body));
        });
    }

    [Fact]
    public void Every_published_proof_text_is_read_as_published()
    {
        if (!PublicVectors.TryRead("tlog-proof/parse.json", out var vectors))
            return;

        var cases = vectors.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(11, cases.Length);
        Assert.All(cases, vector =>
        {
            var text = vector.GetProperty("proof").GetString()!;
            if (!vector.GetProperty("ok").GetBoolean())
            {
                Assert.Throws<FormatException>(() => Receipt.Parse(Encoding.UTF8.GetBytes(text)));
                return;
            }

            var receipt = Receipt.Parse(Encoding.UTF8.GetBytes(text));
            Assert.Equal(vector.GetProperty("index").GetInt64(), receipt.Index);
            Assert.Equal(PublicVectors.Base64List(vector.GetProperty("hashes")), receipt.Hashes);
            Assert.Equal(vector.GetProperty("checkpoint").GetString(), receipt.Checkpoint);
            Assert.Equal(
                vector.GetProperty("extra").GetString(),
                receipt.Extra is { } extra ? Encoding.UTF8.GetString(extra) : null);
            Assert.Equal(text, receipt.ToString());
        });
    }

    private static string KeyId(NoteKeyType type, byte[] key) =>
        new NoteVerifier("testkey", type, key).KeyId.ToString("x8", CultureInfo.InvariantCulture);

    private static void Judge(JsonElement vector, NoteVerifier[] keys)
    {
        var bytes = PublicVectors.Base64(vector.GetProperty("noteBase64"));
        var expect = vector.GetProperty("expect").GetString();
        if (expect == "malformed")
        {
            Assert.Throws<FormatException>(() => SignedNote.Parse(bytes));
            return;
        }

        var note = SignedNote.Parse(bytes);
        var check = note.Check(keys);
        NoteVerdict[] verdicts = expect switch
        {
            "ok" => [NoteVerdict.Verified],
            "unverified" => [NoteVerdict.NoKnownKey],
            "ambiguous" => [NoteVerdict.AmbiguousKey],
            "invalid-signature" => [NoteVerdict.BadSignature],
            _ => [NoteVerdict.NoKnownKey, NoteVerdict.BadSignature],
        };
        Assert.Contains(check.Verdict, verdicts);
        if (expect != "ok")
            return;

        Assert.Equal(bytes, note.ToBytes());
        Assert.Equal(vector.GetProperty("verified").GetInt32(), check.Verified.Count);
        Assert.Equal(vector.GetProperty("unverified").GetInt32(), check.UnknownSignatures);
    }
}
