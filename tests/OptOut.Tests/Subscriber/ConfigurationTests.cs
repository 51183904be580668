using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OptOut.Subscriber;
using OptOut.Subscriber.RabbitMq;

namespace OptOut.Tests.Subscriber;

public sealed class ConfigurationTests
{
    [Fact]
    public void Every_fault_is_listed_at_once_and_no_secret_is_repeated()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddOptOutSubscriber<RecordingHandler>(options =>
        {
            options.System = "No Such Name";
            options.Secret = "whsec_tooshort";
            options.MaxAttempts = 0;
            options.HandlerTimeout = TimeSpan.FromHours(1);
        });
        using var provider = services.BuildServiceProvider();
        var refusal = Assert.Throws<OptionsValidationException>(
            () => provider.GetRequiredService<IOptions<OptOutSubscriberOptions>>().Value);
        Assert.Equal(5, refusal.Failures.Count());
        Assert.Contains("fence", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("tooshort", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_brokers_options_are_checked_too()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddOptOutSubscriber<RecordingHandler>(_ => { }).FromRabbitMq(options =>
        {
            options.Uri = "http://example.com";
            options.Prefetch = 0;
            options.ReconnectDelay = TimeSpan.Zero;
        });
        using var provider = services.BuildServiceProvider();
        var refusal = Assert.Throws<OptionsValidationException>(
            () => provider.GetRequiredService<IOptions<RabbitMqOptions>>().Value);
        Assert.Equal(3, refusal.Failures.Count());
    }
}
