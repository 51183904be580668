using Microsoft.Extensions.Options;

namespace OptOut.Client;

/// <summary>Lists every fault of the configuration at once, without repeating a key.</summary>
internal sealed class OptOutClientOptionsValidator : IValidateOptions<OptOutClientOptions>
{
    public const int MaxAttempts = 10;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    public ValidateOptionsResult Validate(string? name, OptOutClientOptions options)
    {
        List<string> faults = [];
        Check(options.BaseAddress is { IsAbsoluteUri: true, Scheme: "http" or "https", Query: "", Fragment: "" },
            "BaseAddress must be an absolute http or https address.");
        Check(options.BaseAddress is not { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false } || options.AllowInsecure,
            "BaseAddress must be https: the key and identifiers would travel in the clear (AllowInsecure permits it).");
        Check(options.ApiKey is null != options.ApiKeyProvider is null, "Set one of ApiKey and ApiKeyProvider.");
        Check(options.ApiKey is null || IsKey(options.ApiKey), "ApiKey must be oo_, 16 hex digits, _ and 43 characters.");
        Check(options.MaxAttempts is >= 1 and <= MaxAttempts, $"MaxAttempts must lie in 1…{MaxAttempts}.");
        Check(IsWithin(options.RetryDelay, TimeSpan.FromMinutes(1)), "RetryDelay must lie in 1 ms…1 min.");
        Check(IsWithin(options.MaxRetryDelay, LongestWait), "MaxRetryDelay must lie in 1 ms…5 min.");
        Check(IsWithin(options.AttemptTimeout, LongestWait), "AttemptTimeout must lie in 1 ms…5 min.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool holds, string fault)
        {
            if (!holds) faults.Add(fault);
        }
    }

    internal static bool IsWithin(TimeSpan value, TimeSpan bound) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= bound;

    /// <summary>A text that can stand in a header; anything else would fail late, and with the key in the message.</summary>
    internal static bool IsKey(string key) => key is ['o', 'o', '_', ..] && key.Length == 3 + 16 + 1 + 43
        && key[19] == '_' && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
