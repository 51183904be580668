using Microsoft.AspNetCore.Http;
using OptOut.Service.Platform.Http;

namespace OptOut.Tests.Http;

public sealed class PagingTests
{
    [Theory]
    [InlineData("", 50)]
    [InlineData("?limit=1", 1)]
    [InlineData("?limit=200", 200)]
    [InlineData("?limit=5000", 200)]
    public void A_limit_has_a_default_and_a_top(string query, int limit)
    {
        Assert.True(Paging.TryRead(Http(query), new PlainCursors(), "f", out var page, out _));
        Assert.Equal(limit, page.Limit);
    }

    [Theory]
    [InlineData("?limit=0", "invalid_parameter")]
    [InlineData("?limit=-1", "invalid_parameter")]
    [InlineData("?limit=x", "invalid_parameter")]
    [InlineData("?limit=", "invalid_parameter")]
    [InlineData("?limit=1&limit=2", "invalid_parameter")]
    [InlineData("?cursor=other:x", "invalid_cursor")]
    [InlineData("?cursor=", "invalid_cursor")]
    [InlineData("?cursor=f:a&cursor=f:b", "invalid_cursor")]
    public void What_does_not_fit_is_refused(string query, string code)
    {
        Assert.False(Paging.TryRead(Http(query), new PlainCursors(), "f", out _, out var problem));
        Assert.Equal(code, problem.Kind.Code);
    }

    [Fact]
    public void The_link_keeps_the_filters_and_replaces_the_cursor()
    {
        var http = Http("?state=parked&cursor=f:1&limit=2");
        http.Request.Path = "/v1/deliveries";
        Paging.Answer(http, new PlainCursors(), "f", ["a"], "2"u8.ToArray(), SampleJson.Strict.Names);
        Assert.Equal("</v1/deliveries?state=parked&limit=2&cursor=f%3A2>; rel=\"next\"", http.Response.Headers.Link.ToString());
    }

    [Fact]
    public void The_last_page_has_no_link()
    {
        var http = Http("");
        Paging.Answer(http, new PlainCursors(), "f", ["a"], null, SampleJson.Strict.Names);
        Assert.Equal(0, http.Response.Headers.Link.Count);
    }

    private static DefaultHttpContext Http(string query) => new() { Request = { QueryString = new QueryString(query) } };
}

internal sealed class PlainCursors : ICursors
{
    public string Seal(string filterDigestInput, ReadOnlySpan<byte> position) =>
        $"{filterDigestInput}:{System.Text.Encoding.ASCII.GetString(position)}";

    public bool TryOpen(string? cursor, string filterDigestInput, out byte[] position)
    {
        position = [];
        if (cursor?.StartsWith(filterDigestInput + ":", StringComparison.Ordinal) != true) return false;
        position = System.Text.Encoding.ASCII.GetBytes(cursor[(filterDigestInput.Length + 1)..]);
        return true;
    }
}
