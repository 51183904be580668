using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using OptOut.Service;
using OptOut.Service.Access;
using OptOut.Service.Access.Keys;

namespace OptOut.Tests.Access;

public sealed class AccessPureTests
{
    [Fact]
    public void A_new_key_reads_back_as_its_id_and_the_hash_of_its_secret()
    {
        var id = ApiKeyText.NewId();
        var (key, hash) = ApiKeyText.NewSecret(id);
        Assert.True(ApiKeyText.TryParse(key, out var read));
        Assert.Equal(id, read.Id);
        Assert.Equal(hash, read.SecretHash);
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(key[20..])), hash);
    }

    [Fact]
    public void A_secret_may_begin_with_or_hold_underscores()
    {
        Assert.True(ApiKeyText.TryParse("oo_0123456789abcdef_" + "_" + new string('-', 42), out var key));
        Assert.Equal("0123456789abcdef", key.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("oo_0123456789abcdef_")]
    [InlineData("oo_0123456789ABCDEF_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("xx_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("oo_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("oo_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("oo_0123456789abcdef-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_key_is_not_read(string text) => Assert.False(ApiKeyText.TryParse(text, out _));

    [Theory]
    [InlineData("recorder", true)]
    [InlineData("recorder,portal", true)]
    [InlineData("portal,reader", true)]
    [InlineData("system:crm", true)]
    [InlineData("system:crm,recorder", false)]
    [InlineData("portal,operator", false)]
    [InlineData("portal,admin", false)]
    [InlineData("portal,system:crm", false)]
    [InlineData("operator,admin,auditor", true)]
    public void Some_roles_may_not_stand_together(string words, bool allowed)
    {
        Assert.True(Roles.TryParse(words.Split(','), out var roles));
        Assert.Equal(allowed, !roles.Conflict);
    }

    [Theory]
    [InlineData("")]
    [InlineData("root")]
    [InlineData("Recorder")]
    [InlineData("recorder,recorder")]
    [InlineData("system:")]
    [InlineData("system:CRM")]
    [InlineData("system:a,system:b")]
    [InlineData("system")]
    public void Words_that_are_no_roles_are_refused(string words) => Assert.False(Roles.TryParse(words.Split(','), out _));

    [Fact]
    public void The_bootstrap_key_holds_every_role_but_portal_and_system()
    {
        var (key, _) = ApiKeyText.NewSecret(ApiKeyText.NewId());
        var caller = BootstrapKey.From(Configured(key)).Key!.Caller;
        foreach (var role in Enum.GetValues<RoleSet>().Where(r => r != RoleSet.None))
            Assert.Equal(role is not (RoleSet.Portal or RoleSet.System), caller.Has(role));
    }

    [Fact]
    public void A_malformed_bootstrap_key_stops_the_start_and_is_not_repeated()
    {
        var fault = Assert.Throws<ConfigurationException>(() => BootstrapKey.From(Configured("oo_secret-word")));
        Assert.DoesNotContain("secret-word", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_holds_until_its_expiry_and_its_former_secret_until_the_overlap_ends()
    {
        byte[] now = [.. Enumerable.Repeat((byte)1, 32)], before = [.. Enumerable.Repeat((byte)2, 32)];
        var key = new KnownKey
        {
            Caller = new Caller("0123456789abcdef", "k", new Roles(RoleSet.Reader, null)),
            SecretHash = now,
            PreviousHash = before,
            PreviousExpiresAt = 50,
            ExpiresAt = 100,
            StaleAt = long.MaxValue,
        };
        Assert.NotNull(KnownKey.Verify(key, now, 99));
        Assert.Null(KnownKey.Verify(key, now, 100));
        Assert.NotNull(KnownKey.Verify(key, before, 49));
        Assert.Null(KnownKey.Verify(key, before, 50));
        Assert.Null(KnownKey.Verify(key, new byte[32], 1));
        Assert.Null(KnownKey.Verify(null, now, 1));
    }

    [Fact]
    public void Failures_are_counted_per_source_and_per_key_id_and_forgotten_with_the_window()
    {
        var clock = new HandClock();
        var throttle = new FailureThrottle(clock);
        var source = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < FailureThrottle.Quota; i++) Assert.False(throttle.Count(source, null).Exceeded);
        Assert.True(throttle.Count(source, null).Exceeded);
        Assert.False(throttle.Count(IPAddress.Parse("192.0.2.2"), null).Exceeded);

        for (var i = 0; i < FailureThrottle.Quota; i++) throttle.Count(IPAddress.Parse($"198.51.100.{i}"), "0123456789abcdef");
        Assert.True(throttle.Count(IPAddress.Parse("203.0.113.9"), "0123456789abcdef").Exceeded);

        clock.Advance(FailureThrottle.Window);
        Assert.False(throttle.Count(source, null).Exceeded);
    }

    [Fact]
    public void A_whole_ipv6_network_is_one_source()
    {
        var throttle = new FailureThrottle(new HandClock());
        for (var i = 0; i < FailureThrottle.Quota; i++) throttle.Count(IPAddress.Parse($"2001:db8::{i + 1}"), null);
        Assert.True(throttle.Count(IPAddress.Parse("2001:db8::ffff"), null).Exceeded);
        Assert.False(throttle.Count(IPAddress.Parse("2001:db8:1::1"), null).Exceeded);
    }

    [Fact]
    public async Task A_cached_key_is_asked_for_again_after_two_seconds_and_then_its_revocation_holds()
    {
        var clock = new HandClock();
        var loads = 0;
        var revoked = false;
        await using var cache = new KeyCache((ids, _) =>
        {
            loads++;
            return Task.FromResult<IReadOnlyList<KnownKey>>(revoked ? [] : [.. ids.Select(id => Known(id, clock))]);
        }, clock);

        Assert.NotNull(await cache.FindAsync("a", TestContext.Current.CancellationToken));
        revoked = true;
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.NotNull(await cache.FindAsync("a", TestContext.Current.CancellationToken));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Null(await cache.FindAsync("a", TestContext.Current.CancellationToken));
        Assert.Equal((2, 0), (loads, cache.Count));
    }

    [Fact]
    public async Task A_flood_of_guessed_ids_costs_one_statement_at_a_time_and_leaves_nothing_behind()
    {
        int running = 0, most = 0, loads = 0;
        var allAsked = new TaskCompletionSource();
        await using var cache = new KeyCache(async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            loads++;
            await allAsked.Task;
            Interlocked.Decrement(ref running);
            return [];
        }, new HandClock());

        var asked = Enumerable.Range(0, 5000)
            .Select(i => cache.FindAsync($"{i:x16}", TestContext.Current.CancellationToken).AsTask()).ToArray();
        allAsked.SetResult();
        await Task.WhenAll(asked);
        Assert.Equal((1, 0), (most, cache.Count));
        Assert.InRange(loads, 25, 26);
    }

    [Fact]
    public async Task A_failing_database_fails_those_who_ask_and_the_next_question_is_asked_anew()
    {
        var clock = new HandClock();
        var down = true;
        await using var cache = new KeyCache((ids, _) => down
            ? throw new TimeoutException()
            : Task.FromResult<IReadOnlyList<KnownKey>>([.. ids.Select(id => Known(id, clock))]), clock);
        await Assert.ThrowsAsync<TimeoutException>(() => cache.FindAsync("a", TestContext.Current.CancellationToken).AsTask());
        down = false;
        Assert.NotNull(await cache.FindAsync("a", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("", "/name")]
    [InlineData("  ", "/name")]
    [InlineData("a\nb", "/name")]
    public void A_key_needs_a_plain_name(string name, string place) =>
        Assert.Equal(place, KeyRules.Check(new NewKey(name, ["reader"]))?.Errors?[0].Where);

    private static KnownKey Known(string id, TimeProvider clock) => new()
    {
        Caller = new Caller(id, "k", new Roles(RoleSet.Reader, null)),
        SecretHash = new byte[32],
        StaleAt = clock.GetTimestamp() + (long)(KeyCache.TimeToLive.TotalSeconds * clock.TimestampFrequency),
    };

    private static IConfiguration Configured(string key) => new ConfigurationBuilder()
        .AddInMemoryCollection([new(BootstrapKey.Setting, key)]).Build();
}
