using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace OptOut.Service.Platform.Keys;

/// <summary>Reads and checks the content of a key file. Collects every fault before it refuses.</summary>
internal sealed class KeyRingParser
{
    private static readonly string[] Members = ["id", "createdAt", "secret", "use"];

    private static readonly SearchValues<char> KeyIdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    private readonly List<string> _faults = [];

    /// <returns>The current key first, then live before retired, newest first.</returns>
    public static IReadOnlyList<MasterKey> Parse(ReadOnlyMemory<byte> json)
    {
        var parser = new KeyRingParser();
        var keys = parser.ReadDocument(json);
        parser.CheckTogether(keys);
        if (parser._faults.Count == 0)
            return [.. keys.OrderByDescending(key => key.Live).ThenByDescending(key => key.CreatedAt)];

        foreach (var key in keys) CryptographicOperations.ZeroMemory(key.Secret);
        throw new KeyRingException(parser._faults);
    }

    /// <summary>Key ids travel inside tokens and blobs: short, lower-case ASCII.</summary>
    public static bool IsKeyId(ReadOnlySpan<char> id) =>
        id.Length is >= 2 and <= 16 && !id.ContainsAnyExcept(KeyIdCharacters);

    private List<MasterKey> ReadDocument(ReadOnlyMemory<byte> json)
    {
        var keys = new List<MasterKey>();
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(json, options);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array || root.EnumerateObject().Count() != 1)
            {
                _faults.Add("it must be an object with the one member \"keys\", a list");
                return keys;
            }

            foreach (var (index, element) in list.EnumerateArray().Index())
                if (ReadKey(element, $"keys[{index}]") is { } key)
                    keys.Add(key);
        }
        catch (JsonException e)
        {
            // The message of the exception quotes the text, which may be a secret.
            _faults.Add($"it is not valid JSON, or names a member twice (line {e.LineNumber + 1 ?? 1})");
        }
        catch (InvalidOperationException)
        {
            _faults.Add("it holds text that is not valid UTF-8");
        }

        return keys;
    }

    private MasterKey? ReadKey(JsonElement element, string at)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            _faults.Add($"{at} must be an object");
            return null;
        }

        var before = _faults.Count;
        if (element.EnumerateObject().Any(member => !Members.Contains(member.Name)))
            _faults.Add($"{at} has a member other than {string.Join(", ", Members)}");

        var id = Text(element, "id");
        if (!IsKeyId(id)) _faults.Add($"{at}.id must be 2 to 16 of a-z and 0-9");

        var createdAt = default(DateTimeOffset);
        if (Text(element, "createdAt") is not { } time || !time.EndsWith('Z') || !DateTimeOffset.TryParse(
            time, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out createdAt))
            _faults.Add($"{at}.createdAt must be an RFC 3339 time in UTC");

        var secret = Secret(Text(element, "secret"));
        if (secret is null) _faults.Add($"{at}.secret must be the base64 of {KeyRing.KeyBytes} random bytes");

        var use = Text(element, "use");
        if (use is not ("live" or "retired")) _faults.Add($"{at}.use must be live or retired");

        return _faults.Count == before ? new MasterKey(id!, createdAt, secret!, use == "live") : null;
    }

    private void CheckTogether(List<MasterKey> keys)
    {
        foreach (var same in keys.GroupBy(key => key.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
            _faults.Add($"the id {same.Key} stands more than once");

        foreach (var same in keys.GroupBy(key => Convert.ToBase64String(key.Secret)).Where(group => group.Count() > 1))
            _faults.Add($"the keys {string.Join(", ", same.Select(key => key.Id))} have the same secret");

        var live = keys.Where(key => key.Live).ToList();
        if (live.Count == 0 && _faults.Count == 0) _faults.Add("no key is live");
        if (live.Count > KeyRingFile.MaxLiveKeys) _faults.Add($"more than {KeyRingFile.MaxLiveKeys} keys are live");
        if (keys.Count - live.Count > KeyRingFile.MaxRetiredKeys)
            _faults.Add($"more than {KeyRingFile.MaxRetiredKeys} keys are retired");
        if (live.DistinctBy(key => key.CreatedAt).Count() != live.Count)
            _faults.Add("two live keys have the same createdAt, so none is the newest");
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    // Only the one canonical spelling, and not the all-zero placeholder of an example.
    private static byte[]? Secret(string? text)
    {
        if (text is null || text.Length != Base64.GetMaxEncodedToUtf8Length(KeyRing.KeyBytes)) return null;
        var secret = new byte[KeyRing.KeyBytes];
        return Convert.TryFromBase64String(text, secret, out var length) && length == KeyRing.KeyBytes
            && Convert.ToBase64String(secret) == text && secret.AsSpan().ContainsAnyExcept((byte)0) ? secret : null;
    }
}
