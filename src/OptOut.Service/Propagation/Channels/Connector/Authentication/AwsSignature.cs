using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OptOut.Service.Propagation.Channels.Connector.Calling;

namespace OptOut.Service.Propagation.Channels.Connector.Authentication;

/// <summary>Who signs, and for which region and service.</summary>
internal sealed record AwsCredentials(string AccessKey, string SecretKey, string? SessionToken, string Region, string Service)
{
    public override string ToString() => Service;
}

/// <summary>AWS Signature Version 4: the headers that make a request ours.</summary>
internal static class AwsSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The headers to add, <c>Authorization</c> among them. Host, date and content type are signed.</summary>
    /// <param name="hashHeader">Also send the body's hash as a header of its own; some services want it.</param>
    public static IReadOnlyList<(string Name, string Value)> Sign(
        ComposedRequest request, AwsCredentials credentials, DateTimeOffset now, bool hashHeader = false)
    {
        var time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(request.Body));
        List<(string Name, string Value)> added = [("X-Amz-Date", time)];
        if (credentials.SessionToken is { } token)
            added.Add(("X-Amz-Security-Token", token));
        if (hashHeader)
            added.Add(("X-Amz-Content-Sha256", bodyHash));
        var signed = Canonical([("host", request.Url.IsDefaultPort ? request.Url.Host : $"{request.Url.Host}:{request.Url.Port}"),
            .. added, .. request.ContentType is { } type ? [("content-type", type)] : Array.Empty<(string, string)>()]);
        var names = string.Join(';', signed.Select(header => header.Name));
        var canonical = string.Join('\n', request.Method.Method, Path(request.Url), Query(request.Url),
            string.Concat(signed.Select(header => $"{header.Name}:{header.Value}\n")), names, bodyHash);
        var scope = $"{time[..8]}/{credentials.Region}/{credentials.Service}/aws4_request";
        var toSign = string.Join('\n', Algorithm, time, scope, Hash(canonical));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Key(credentials, time[..8]), Encoding.UTF8.GetBytes(toSign)));
        added.Add(("Authorization",
            $"{Algorithm} Credential={credentials.AccessKey}/{scope}, SignedHeaders={names}, Signature={signature}"));
        return added;
    }

    private static List<(string Name, string Value)> Canonical(IEnumerable<(string Name, string Value)> headers) =>
        [.. headers.Select(header => (Name: header.Name.ToLowerInvariant(), Value: Collapse(header.Value)))
            .OrderBy(header => header.Name, StringComparer.Ordinal)];

    private static string Collapse(string value) =>
        string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    // Every service but S3 encodes each segment of the path once more than it was sent.
    private static string Path(Uri url) => string.Join('/', url.AbsolutePath.Split('/').Select(Uri.EscapeDataString));

    private static string Query(Uri url) => string.Join('&', url.Query.TrimStart('?')
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2))
        .Select(pair => (Name: Again(pair[0]), Value: pair.Length > 1 ? Again(pair[1]) : ""))
        .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
        .Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Again(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text));

    private static byte[] Key(AwsCredentials credentials, string day)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + credentials.SecretKey);
        foreach (var part in (string[])[day, credentials.Region, credentials.Service, "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return key;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
