using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

public sealed class KeyRingFaultTests
{
    private const string At = "2026-01-01T00:00:00.000Z";
    private static readonly string Secret = Rings.Secret(0);

    private static readonly (string Text, string Fault)[] Bad =
    [
        ("", "not valid JSON"),
        ("[]", "the one member"),
        ("null", "the one member"),
        ("{}", "the one member"),
        ("""{ "keys": {} }""", "the one member"),
        ("""{ "keys": [], "more": 1 }""", "the one member"),
        ("""{ "keys": [] }""", "no key is live"),
        ("""{ "keys": [ 7 ] }""", "keys[0] must be an object"),
        ("""{ "keys": [], "keys": [] }""", "names a member twice"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0, "retired")}} ] }""", "no key is live"),
        ($$"""{ "keys": [ {{Rings.Key("K1", At, 0)}} ] }""", "keys[0].id"),
        ($$"""{ "keys": [ {{Rings.Key("k", At, 0)}} ] }""", "keys[0].id"),
        ($$"""{ "keys": [ {{Rings.Key("\\ud800", At, 0)}} ] }""", "not valid UTF-8"),
        ($$"""{ "keys": [ {{Rings.Key("k2345678901234567", At, 0)}} ] }""", "keys[0].id"),
        ($$"""{ "keys": [ {{Rings.Key("k1", "yesterday", 0)}} ] }""", "keys[0].createdAt"),
        ($$"""{ "keys": [ {{Rings.Key("k1", "2026-01-01T00:00:00+01:00", 0)}} ] }""", "keys[0].createdAt"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0, "old")}} ] }""", "keys[0].use"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0).Replace(Secret, "AAAA")}} ] }""", "keys[0].secret"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0).Replace(Secret, " " + Secret)}} ] }""", "keys[0].secret"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0).Replace(Secret, Convert.ToBase64String(new byte[32]))}} ] }""",
            "keys[0].secret"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0).Replace("\"use\"", "\"purpose\"")}} ] }""", "member other than"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0)}}, {{Rings.Key("k1", "2026-02-01T00:00:00Z", 1)}} ] }""",
            "the id k1 stands more than once"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0)}}, {{Rings.Key("k2", "2026-02-01T00:00:00Z", 0)}} ] }""",
            "the keys k1, k2 have the same secret"),
        ($$"""{ "keys": [ {{Rings.Key("k1", At, 0)}}, {{Rings.Key("k2", At, 1)}} ] }""", "none is the newest"),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Bad.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_faulty_file_is_refused_with_its_fault_and_without_its_secrets(int row)
    {
        var refused = Assert.Throws<KeyRingException>(() => Rings.FromText(Bad[row].Text));

        Assert.Contains(refused.Faults, fault => fault.Contains(Bad[row].Fault, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret[..6], refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_of_a_file_is_told_at_once()
    {
        var refused = Assert.Throws<KeyRingException>(() => Rings.Of(
            Rings.Key("!", "never", 0, "maybe").Replace(Secret, "short", StringComparison.Ordinal),
            Rings.Key("k2", At, 1, "sometimes")));

        Assert.Equal(5, refused.Faults.Count);
    }

    [Fact]
    public void More_than_two_live_or_sixteen_retired_keys_are_refused()
    {
        var keys = Enumerable.Range(1, 20).Select(i =>
            Rings.Key($"k{i}", $"2026-01-{i:00}T00:00:00Z", (byte)i, i <= 3 ? "live" : "retired"));

        var refused = Assert.Throws<KeyRingException>(() => Rings.Of([.. keys]));

        Assert.Equal(["more than 2 keys are live", "more than 16 keys are retired"], refused.Faults);
    }

    [Fact]
    public void A_missing_file_and_a_huge_file_are_refused()
    {
        using var missing = new KeyFile();
        Assert.Equal(["it does not exist"], Assert.Throws<KeyRingException>(() => KeyRing.Load(missing.Path)).Faults);

        var huge = Assert.Throws<KeyRingException>(() => Rings.FromText(new string(' ', KeyRingFile.MaxFileBytes + 1)));
        Assert.Contains("larger than", Assert.Single(huge.Faults), StringComparison.Ordinal);
    }
}
