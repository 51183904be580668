using Microsoft.AspNetCore.Http;
using OptOut.Service.Platform.Http;

namespace OptOut.Tests.Http;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("\"8e03978e-40d5\"", "8e03978e-40d5")]
    [InlineData("8e03978e-40d5", "8e03978e-40d5")]
    [InlineData("\"a\\\"b\\\\c\"", "a\"b\\c")]
    public void An_idempotency_key_is_read_quoted_or_bare(string header, string key) => Assert.Equal(key, Key(header));

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("\"a")]
    [InlineData("\"a\"b")]
    [InlineData("\"a\\x\"")]
    [InlineData("a b")]
    [InlineData("\u00e9")]
    public void An_idempotency_key_of_another_form_is_refused(string header) =>
        Assert.False(IdempotencyKeyHeader.TryParse(header, out _));

    [Fact]
    public void An_idempotency_key_has_at_most_255_characters()
    {
        Assert.True(IdempotencyKeyHeader.TryParse(new string('a', 255), out _));
        Assert.False(IdempotencyKeyHeader.TryParse(new string('a', 256), out _));
    }

    [Fact]
    public void Two_idempotency_keys_are_refused_and_none_is_accepted()
    {
        var http = new DefaultHttpContext();
        Assert.True(IdempotencyKeyHeader.TryRead(http, out var key, out _));
        Assert.Null(key);
        http.Request.Headers[IdempotencyKeyHeader.Name] = new(["a", "b"]);
        Assert.False(IdempotencyKeyHeader.TryRead(http, out _, out var problem));
        Assert.Equal("idempotency_key_invalid", problem.Kind.Code);
    }

    [Theory]
    [InlineData(null, "precondition_required")]
    [InlineData("\"3\"", null)]
    [InlineData("\"1\", \"3\"", null)]
    [InlineData("*", null)]
    [InlineData("\"2\"", "precondition_failed")]
    [InlineData("W/\"3\"", "precondition_failed")]
    [InlineData("3", "malformed_request")]
    public void Weakening_needs_the_current_version(string? header, string? code)
    {
        var http = new DefaultHttpContext();
        if (header is not null) http.Request.Headers.IfMatch = header;
        Assert.Equal(code, ETags.Check(http, 3)?.Kind.Code);
    }

    [Theory]
    [InlineData("wait=5", 5)]
    [InlineData("respond-async, wait=10", 10)]
    [InlineData("WAIT = 7; x=1", 7)]
    [InlineData("wait=600", 30)]
    [InlineData("wait=-1", null)]
    [InlineData("wait=soon", null)]
    [InlineData("return=minimal", null)]
    public void A_preference_to_wait_is_granted_up_to_the_cap(string header, int? seconds)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["Prefer"] = header;
        Assert.Equal(seconds, PreferWait.Read(http)?.TotalSeconds);
        Assert.Equal(seconds is null ? "" : $"wait={seconds}", http.Response.Headers["Preference-Applied"].ToString());
    }

    [Fact]
    public void An_id_is_exactly_its_prefix_and_32_lower_case_hex_digits()
    {
        var id = Guid.Parse("0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
        var text = PublicId.Format(PublicId.OptOut, id);
        Assert.Equal("oo_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b", text);
        Assert.True(PublicId.TryParse(text, PublicId.OptOut, out var read));
        Assert.Equal(id, read);
        foreach (var wrong in (string[])[text.ToUpperInvariant(), text + "0", text[..^1], " " + text, text.Replace("oo_", "sub_"),
            "oo_0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "oo_0193A1b2c3d47e5f8a9b0c1d2e3f4a5b"])
            Assert.False(PublicId.TryParse(wrong, PublicId.OptOut, out _), wrong);
    }

    [Theory]
    [InlineData("2026-11-20T15:00:00Z", true)]
    [InlineData("2026-11-20t15:00:00.5z", true)]
    [InlineData("2026-11-20T15:00:00.123456789-08:00", true)]
    [InlineData("2026-11-20 15:00:00Z", false)]
    [InlineData("2026-11-20T15:00:00", false)]
    [InlineData("2026-11-20T15:00Z", false)]
    [InlineData("2026-13-20T15:00:00Z", false)]
    [InlineData("2026-11-20T15:00:00.Z", false)]
    [InlineData("2026-11-20T15:00:00+0100", false)]
    [InlineData("2026-11-20T15:00:00+25:00", false)]
    [InlineData("0001-01-01T00:00:00+01:00", false)]
    [InlineData("+026-11-20T15:00:00Z", false)]
    public void A_time_is_a_full_rfc_3339_date_time(string text, bool good) =>
        Assert.Equal(good, Rfc3339Converter.TryParse(text, out _));

    private static string? Key(string header) => IdempotencyKeyHeader.TryParse(header, out var key) ? key : null;
}
