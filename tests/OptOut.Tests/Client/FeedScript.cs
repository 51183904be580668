using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OptOut.Client;
using OptOut.Client.Gate;
using OptOut.Client.Gate.Feed;
using OptOut.Client.Gate.Reports;
using OptOut.Tests.Access;

namespace OptOut.Tests.Client;

/// <summary>A feed as a service would write it, with cursors that follow each other, and a gate that listens to it.</summary>
internal sealed class FeedScript
{
    public static readonly byte[] Key = SHA256.HashData("feed"u8);
    public static readonly byte[] NextKey = SHA256.HashData("next"u8);
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static readonly string[] Usual = ["all", "marketing", "marketing.newsletter", "profiling"];

    private int _number;

    public FeedScript()
    {
        Reports = new StopReports(Clock, 10);
        Gate = new SuppressionGate(Clock, Reports);
        Session = new FeedSession(null, Clock);
    }

    public HandClock Clock { get; } = new();

    public StopReports Reports { get; }

    public SuppressionGate Gate { get; }

    public FeedSession Session { get; private set; }

    public string? Cursor { get; set; }

    public static string Hello(string mode = "full", string? keys = null, int emailRules = 1, string? region = null) =>
        $$"""
        { "feed": "optout.feed/1", "mode": "{{mode}}", "reason": null, "keys": [ {{keys ?? KeyOf("k1", Key)}} ],
          "hashBytes": 16, "heartbeatSeconds": 5, "staleAfterSeconds": 30, "later": { "member": 1 },
          "channels": [ "any", "email", "sms", "phone", "post", "push", "ads" ],
          "identifierTypes": [ { "type": "email", "rulesVersion": {{emailRules}} }, { "type": "phone", "rulesVersion": 1 },
            { "type": "member", "rulesVersion": 2, "trim": true, "lowerCase": true, "pattern": "[a-z]{3}", "maxLength": 9 } ],
          "defaultRegion": {{(region is null ? "null" : $"\"{region}\"")}} }
        """;

    public static string KeyOf(string id, byte[] key) =>
        $$"""{ "keyId": "{{id}}", "key": "{{Convert.ToBase64String(key)}}", "current": true }""";

    public static string Hash(string type, string value, byte[]? key = null) =>
        Base64Url(HMACSHA256.HashData(key ?? Key, Encoding.UTF8.GetBytes($"{type}\0{value}")).AsSpan(0, 16));

    public FeedStep Say(string name, string data, string? id = null) =>
        Session.Apply(new SseEvent(name, id, Encoding.UTF8.GetBytes(data)));

    /// <summary>The beginning of a stream that sends everything.</summary>
    public FeedScript Begin(string? hello = null, params string[] purposes)
    {
        Assert.Equal(FeedStep.Going, Say("hello", hello ?? Hello()));
        Tree(purposes);
        return this;
    }

    public void Tree(params string[] purposes) => Say("purposes",
        $$"""{ "purposes": [ {{string.Join(", ", Usual.Concat(purposes)
            .Select(p => $$"""{ "purpose": "{{p}}", "overridable": false }"""))}} ] }""");

    /// <summary>One identifier's stops as an event of its own; no scope is a tombstone.</summary>
    public FeedStep Stops(string name, string type, string value, long version, params string[] scopes) =>
        Entry(name, Hash(type, value), version, "k1", scopes);

    public FeedStep Entry(string name, string hash, long version, string keyId, params string[] scopes) => Moved(name,
        $$""" "keyId": "{{keyId}}", "entries": [ [ "{{hash}}", 0, {{version}} ] ], "sets": [ {{JsonSerializer.Serialize(scopes)}} ] """);

    public FeedStep Transferred(long entries) => Moved("transferred", $"\"entries\": {entries}");

    public FeedStep Heartbeat(TimeSpan? late = null)
    {
        var asOf = Clock.GetUtcNow() - (late ?? TimeSpan.Zero);
        return Moved("heartbeat", $"\"asOf\": \"{asOf:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\", \"sequence\": \"1\"");
    }

    /// <summary>A whole transfer with one stop of marketing, confirmed.</summary>
    public FeedScript Ready(string email = "ada@example.com")
    {
        Begin();
        Assert.Equal(FeedStep.Going, Stops("entries", "email", email, 1, "marketing/any"));
        Assert.Equal(FeedStep.Going, Transferred(1));
        Confirm();
        return this;
    }

    public void Confirm()
    {
        Assert.Equal(FeedStep.Current, Heartbeat());
        Gate.Confirm(Session.Copy!, Session.AsOf, Session.Lag, Bound);
    }

    /// <summary>Another connection with the copy that is held.</summary>
    public FeedScript Reconnect()
    {
        Session = new FeedSession(Session.Copy, Clock);
        return this;
    }

    public FeedStep Moved(string name, string members)
    {
        var previous = Cursor is null ? "null" : $"\"{Cursor}\"";
        var id = $"c{++_number}";
        var step = Say(name, $$"""{ "prev": {{previous}}, {{members}} }""", id);
        Cursor = id;
        return step;
    }

    private static string Base64Url(ReadOnlySpan<byte> bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
