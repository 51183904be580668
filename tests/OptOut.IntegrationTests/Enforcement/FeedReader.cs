using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Enforcement;

/// <summary>One event of the stream.</summary>
public sealed record FeedEvent(string Name, string? Id, JsonElement Data);

/// <summary>
/// A gate in twenty lines, from the document alone: it takes the stream into a dictionary, refuses a broken chain, and
/// answers by hash.
/// </summary>
public sealed class FeedReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;
    private readonly Dictionary<string, byte[]> _keys = [];
    private readonly Dictionary<(string KeyId, string Hash), (long Version, string[] Scopes)> _entries;

    private FeedReader(HttpResponseMessage response, Stream stream, FeedReader? before)
    {
        _response = response;
        _events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
        _entries = before?._entries ?? [];
        Cursor = before?.Cursor;
    }

    public string? Cursor { get; private set; }

    public JsonElement Hello { get; private set; }

    public long Transferred { get; private set; } = -1;

    /// <summary>Reads <c>hello</c>; goes on from another reader's copy where one is given.</summary>
    public static async Task<FeedReader> OpenAsync(RunningService service, FeedReader? before = null, string role = "gate")
    {
        var response = await SendAsync(service, before?.Cursor, role);
        response.EnsureSuccessStatusCode();
        var reader = new FeedReader(response, await response.Content.ReadAsStreamAsync(), before);
        var hello = await reader.NextAsync();
        Assert.Equal("hello", hello.Name);
        reader.Hello = hello.Data;
        foreach (var key in hello.Data.GetProperty("keys").EnumerateArray())
            reader._keys[key.GetProperty("keyId").GetString()!] = key.GetProperty("key").GetBytesFromBase64();
        if (hello.Data.GetProperty("mode").GetString() == "full")
        {
            reader._entries.Clear();
            reader.Cursor = null;
        }

        return reader;
    }

    public static async Task<HttpResponseMessage> SendAsync(RunningService service, string? basis, string role = "gate")
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, "/v1/suppressions/stream" + (basis is null ? "" : "?basis=" + basis));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await service.KeyOfAsync(role));
        return await service.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public async Task<FeedEvent> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(patience.Token), "The stream has ended.");
        var item = _events.Current;
        var read = new FeedEvent(
            item.EventType, string.IsNullOrEmpty(item.EventId) ? null : item.EventId, JsonDocument.Parse(item.Data).RootElement);
        Apply(read);
        return read;
    }

    public async Task<FeedEvent> UntilAsync(string name)
    {
        while (true)
        {
            if (await NextAsync() is { } read && read.Name == name)
                return read;
        }
    }

    /// <summary>Reads on until this identifier has exactly these scopes.</summary>
    public async Task UntilAsync(string type, string value, params string[] scopes)
    {
        while (!ScopesOf(type, value).Order().SequenceEqual(scopes.Order()))
            await NextAsync();
    }

    public IReadOnlyList<string> ScopesOf(string type, string value)
    {
        foreach (var (id, key) in _keys)
        {
            var hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{type}\0{value}"));
            if (_entries.TryGetValue((id, System.Buffers.Text.Base64Url.EncodeToString(hash.AsSpan(0, 16))), out var entry))
                return entry.Scopes;
        }

        return [];
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        try
        {
            await _events.DisposeAsync();
        }
        catch (Exception exception) when (exception is NotSupportedException or IOException)
        {
            // It was reading still.
        }
    }

    private void Apply(FeedEvent read)
    {
        if (read.Data.TryGetProperty("prev", out var prev))
        {
            Assert.Equal(Cursor, prev.GetString());
            Cursor = read.Id;
        }

        if (read.Name == "transferred")
            Transferred = read.Data.GetProperty("entries").GetInt64();
        if (read.Name is not ("entries" or "changes"))
            return;
        var keyId = read.Data.GetProperty("keyId").GetString()!;
        var sets = read.Data.GetProperty("sets").EnumerateArray()
            .Select(set => set.EnumerateArray().Select(scope => scope.GetString()!).ToArray()).ToArray();
        foreach (var entry in read.Data.GetProperty("entries").EnumerateArray())
        {
            var (hash, version) = (entry[0].GetString()!, entry[2].GetInt64());
            if (!_entries.TryGetValue((keyId, hash), out var known) || known.Version <= version)
                _entries[(keyId, hash)] = (version, sets[entry[1].GetInt32()]);
        }
    }
}
