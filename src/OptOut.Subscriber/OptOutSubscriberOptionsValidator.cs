using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OptOut.Contracts;
using OptOut.Subscriber.Fencing;

namespace OptOut.Subscriber;

/// <summary>Lists every fault of the configuration at once, without repeating a secret.</summary>
internal sealed class OptOutSubscriberOptionsValidator(IServiceProviderIsService services)
    : IValidateOptions<OptOutSubscriberOptions>
{
    private const int MaxAttemptsBound = 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public ValidateOptionsResult Validate(string? name, OptOutSubscriberOptions options)
    {
        List<string> faults = [];
        Check(BrokerNames.IsSystemName(options.System), "System must be a name of [a-z0-9-], 1 to 63 characters.");
        Check(SecretRing.TryParse(options.Secret) is not null, "Secret must be one or two whsec_… texts, space-separated.");
        Check(options.MaxAttempts is >= 1 and <= MaxAttemptsBound, $"MaxAttempts must lie in 1…{MaxAttemptsBound}.");
        Check(IsWithin(options.RetryDelay, TimeSpan.FromMinutes(1)), "RetryDelay must lie in 1 ms…1 min.");
        Check(IsWithin(options.MaxRetryDelay, LongestPause), "MaxRetryDelay must lie in 1 ms…5 min.");
        Check(IsWithin(options.HandlerTimeout, LongestPause), "HandlerTimeout must lie in 1 ms…5 min.");
        Check(IsWithin(options.WebhookBudget, LongestPause), "WebhookBudget must lie in 1 ms…5 min.");
        Check(
            services.IsService(typeof(IVersionFence)),
            "Choose a version fence: FenceInPostgres, FenceInMemory (forgets on restart), or FenceWith your own.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool holds, string fault)
        {
            if (!holds) faults.Add(fault);
        }
    }

    internal static bool IsWithin(TimeSpan value, TimeSpan bound) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= bound;
}
