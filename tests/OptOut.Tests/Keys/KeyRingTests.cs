using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

public sealed class KeyRingTests
{
    private const string Old = "2026-01-01T00:00:00.000Z";
    private const string New = "2026-06-01T00:00:00.000Z";

    [Fact]
    public void The_newest_live_key_is_current_and_every_key_stays_for_matching()
    {
        var ring = Rings.Of(
            Rings.Key("retiredold", "2025-01-01T00:00:00Z", 1, "retired"),
            Rings.Key("liveold", Old, 2),
            Rings.Key("livenew", New, 3),
            Rings.Key("retirednew", "2025-06-01T00:00:00Z", 4, "retired"));

        Assert.Equal("livenew", ring.CurrentId);
        Assert.Equal(["livenew", "liveold", "retirednew", "retiredold"], ring.Ids);
    }

    [Fact]
    public void A_key_rolled_out_as_retired_is_matched_before_anything_is_made_under_it()
    {
        var ring = Rings.Of(Rings.Key("now", Old, 1), Rings.Key("next", New, 2, "retired"));

        Assert.Equal("now", ring.CurrentId);
        Assert.True(ring.Knows("next"));
    }

    [Theory]
    [InlineData(nameof(KeyUse.Lookup), "5f72d5269b064682045cfe4e9f0c0aff5776f135e9455a1129cae6b37b40ea7e")]
    [InlineData(nameof(KeyUse.Feed), "874c256f82b63f6b8ea28529e166422fc6a4ae9d58590a497ec6415c94bb62d9")]
    [InlineData(nameof(KeyUse.Wrap), "2b3194df87c0a6b65925a459cee49bfbf6ce25614a3bd991596aa76df9e747f8")]
    [InlineData(nameof(KeyUse.Link), "0effd7dde861eb758c2b5f28d0b826440fb3b2b09e85c6e755ece23ff8bbfac8")]
    [InlineData(nameof(KeyUse.LinkSeal), "d207838287c86d4470753712bed6fce0ee7362593105711932641e0abcfdb47f")]
    [InlineData(nameof(KeyUse.Cursor), "3c67712b94d5ee1906de61c0f2a7add6362d7c27dd0d859e368e1103323b2daa")]
    [InlineData(nameof(KeyUse.Secret), "c6687760cb88a31e9dc86d15bf1ea36d3227e6b4afc7afc43d3e62e6b7d29120")]
    public void Each_use_derives_the_key_that_an_independent_HKDF_computes(string use, string expected)
    {
        Span<byte> mac = stackalloc byte[KeyRing.HashBytes];
        Rings.One().Hmac(Enum.Parse<KeyUse>(use), "k1", "email\0ada@example.com"u8, mac);

        Assert.Equal(expected, Convert.ToHexStringLower(mac));
    }

    [Fact]
    public void A_key_that_the_ring_does_not_hold_is_named_and_refused()
    {
        var mac = new byte[KeyRing.HashBytes];
        var refused = Assert.Throws<KeyUnknownException>(() => Rings.One().Hmac(KeyUse.Lookup, "k2", [], mac));

        Assert.Equal("k2", refused.KeyId);
    }

    [Fact]
    public void A_created_file_loads_is_for_its_owner_only_and_is_never_replaced()
    {
        using var file = new KeyFile();
        KeyRing.CreateFile(file.Path, TimeProvider.System);
        var written = File.ReadAllBytes(file.Path);

        var ring = KeyRing.Load(file.Path);
        Assert.Empty(ring.Warnings);
        Assert.Equal([ring.CurrentId], ring.Ids);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));

        Assert.Throws<IOException>(() => KeyRing.CreateFile(file.Path, TimeProvider.System));
        Assert.Equal(written, File.ReadAllBytes(file.Path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file.Path)!));
    }

    [Fact]
    public void Many_starters_at_once_end_with_one_file()
    {
        using var file = new KeyFile();
        var made = 0;
        Parallel.For(0, 16, _ =>
        {
            try
            {
                KeyRing.CreateFile(file.Path, TimeProvider.System);
                Interlocked.Increment(ref made);
            }
            catch (IOException)
            {
                // Another starter was first, as it must be for all but one.
            }
        });

        Assert.Equal(1, made);
        Assert.NotEmpty(KeyRing.Load(file.Path).CurrentId);
    }

    [Fact]
    public void A_file_open_to_others_is_warned_about_and_still_used()
    {
        using var file = new KeyFile($$"""{ "keys": [ {{Rings.Key("k1", Old, 0)}} ] }""");
        var warnings = new List<string>();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.Path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            warnings.Add("the master key file is open to group or others (mode 444); 600 is enough");
        }

        Assert.Equal(warnings, KeyRing.Load(file.Path).Warnings);
    }

    [Fact]
    public async Task One_ring_serves_many_threads_with_the_same_answers()
    {
        var hasher = new IdentifierHasher(Rings.One());
        var expected = hasher.Current(KeyUse.Lookup, "email", "ada@example.com");

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 2_000).All(_ =>
                hasher.Current(KeyUse.Lookup, "email", "ada@example.com") == expected))));

        Assert.All(all, Assert.True);
    }
}
