using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OptOut.Client.Http;

/// <summary>One call: what to send, and whether it may be sent twice.</summary>
internal sealed record ApiCall(HttpMethod Method, string Path)
{
    public byte[]? Body { get; private init; }

    /// <summary>Made once for all tries of the call, so that the service answers a repeat with the first answer.</summary>
    public string? IdempotencyKey { get; private init; }

    /// <summary>The version that the caller read, for acts that weaken.</summary>
    public int? IfMatch { get; private init; }

    /// <summary>How long the service may hold the answer back for news.</summary>
    public TimeSpan? Wait { get; private init; }

    /// <summary>GET changes nothing; a POST with a key is done once however often it comes.</summary>
    public bool IsRepeatable => Method == HttpMethod.Get || IdempotencyKey is not null;

    public static ApiCall Get(string path) => new(HttpMethod.Get, path);

    public static ApiCall Delete(string path) => new(HttpMethod.Delete, path);

    public static ApiCall Post(string path) => new(HttpMethod.Post, path);

    public static ApiCall Post<T>(string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Post, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };

    public static ApiCall Put<T>(string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Put, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };

    public ApiCall Once(string idempotencyKey) => this with { IdempotencyKey = idempotencyKey };

    public ApiCall Against(int? version) => this with { IfMatch = version };

    public ApiCall Waiting(TimeSpan? wait) => this with { Wait = wait };

    /// <summary>A path segment; ids and names never reach it as more than one.</summary>
    public static string Segment(string text) =>
        string.IsNullOrEmpty(text) || text is "." or ".."
            ? throw new ArgumentException("An id or a name is needed.", nameof(text))
            : Uri.EscapeDataString(text);
}
