using Microsoft.Extensions.Options;

namespace OptOut.Subscriber.Acknowledging;

/// <summary>Where and as whom acknowledgements are posted.</summary>
public sealed class HttpAcknowledgementOptions
{
    /// <summary>The service's base address, <c>https://…</c>. Required.</summary>
    public string Url { get; set; } = "";

    /// <summary>The system's own API key, <c>oo_…</c>. Required.</summary>
    public string ApiKey { get; set; } = "";
}

internal sealed class HttpAcknowledgementOptionsValidator : IValidateOptions<HttpAcknowledgementOptions>
{
    public ValidateOptionsResult Validate(string? name, HttpAcknowledgementOptions options)
    {
        List<string> faults = [];
        if (!Uri.TryCreate(options.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            faults.Add("Url must be an absolute http or https address.");
        if (!options.ApiKey.StartsWith("oo_", StringComparison.Ordinal)) faults.Add("ApiKey must be an oo_… key.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
