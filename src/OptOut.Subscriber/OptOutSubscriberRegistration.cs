using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OptOut.Subscriber.Acknowledging;
using OptOut.Subscriber.Processing;

namespace OptOut.Subscriber;

/// <summary>Adds a subscriber to a host.</summary>
public static class OptOutSubscriberRegistration
{
    /// <summary>
    /// Adds the subscriber with its handler. Then choose a version fence, and where events come from:
    /// <see cref="OptOutSubscriberBuilder.FromRabbitMq"/>, or <c>app.MapOptOutWebhook("/optout")</c>.
    /// </summary>
    /// <typeparam name="THandler">The handler; made anew for each notice unless registered otherwise before.</typeparam>
    public static OptOutSubscriberBuilder AddOptOutSubscriber<THandler>(
        this IServiceCollection services, Action<OptOutSubscriberOptions> configure)
        where THandler : class, IOptOutHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<OptOutSubscriberOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor
            .Singleton<IValidateOptions<OptOutSubscriberOptions>, OptOutSubscriberOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddScoped<IOptOutHandler, THandler>();
        services.TryAddSingleton(provider =>
            SecretRing.TryParse(provider.GetRequiredService<IOptions<OptOutSubscriberOptions>>().Value.Secret)!);
        services.TryAddSingleton<AcknowledgementSigner>();
        services.TryAddSingleton<NoticeProcessor>();
        return new OptOutSubscriberBuilder(services);
    }
}
