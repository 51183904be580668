namespace OptOut.Service.Platform.Http;

/// <summary>What of the HTTP front can be configured, under <c>OptOut:Http</c>; and the fixed public address.</summary>
internal sealed class HttpOptions
{
    /// <summary>The most connections at once; more are refused by the server. Default 10,000, at least 1.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>
    /// <c>OptOut:PublicBaseUrl</c>: the address outsiders use. Links are built from it and never from the Host header,
    /// which anyone can set. Null: links are relative.
    /// </summary>
    public string? PublicBaseUrl { get; set; }

    public static HttpOptions From(IConfiguration configuration)
    {
        var options = configuration.GetSection("OptOut:Http").Get<HttpOptions>() ?? new HttpOptions();
        options.PublicBaseUrl = configuration["OptOut:PublicBaseUrl"]?.TrimEnd('/');
        var faults = new List<string>();
        if (options.MaxConnections < 1)
            faults.Add("OptOut__Http__MaxConnections must be at least 1.");
        if (options.PublicBaseUrl is { Length: > 0 } url
            && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            faults.Add("OptOut__PublicBaseUrl must be an absolute http or https address.");
        return faults.Count == 0 ? options : throw new ConfigurationException(faults);
    }
}
