using OptOut.Service.Platform.Mail;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Channels.Smtp;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Service.Propagation.Channels;

/// <summary>What the channels contribute to the service.</summary>
internal static class DeliveryChannels
{
    /// <summary>
    /// The broker's channel, its queues and the intake of acknowledgements. Needs an <see cref="ISystemNames"/> and an
    /// <see cref="IAcknowledgementSink"/>. Left out where no broker is configured.
    /// </summary>
    public static IServiceCollection AddRabbitMqChannel(this IServiceCollection services, RabbitMqOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<RabbitMqLink>();
        services.AddSingleton<RabbitMqTopology>();
        services.AddSingleton<RabbitMqChannel>();
        services.AddSingleton<IDeliveryChannel>(provider => provider.GetRequiredService<RabbitMqChannel>());
        services.AddHostedService<RabbitMqSupervisor>();
        return services.AddHostedService<AcknowledgementIntake>();
    }

    /// <summary>The webhooks' channel and the policy that a registration's URL is checked with.</summary>
    public static IServiceCollection AddWebhookChannel(this IServiceCollection services, WebhookOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(new TargetPolicy(options.AllowPrivateTargets));
        services.AddSingleton(provider => new WebhookChannel(
            options, provider.GetRequiredService<TargetPolicy>(), provider.GetRequiredService<TimeProvider>()));
        return services.AddSingleton<ICalledChannel>(provider => provider.GetRequiredService<WebhookChannel>());
    }

    /// <summary>Vendors that only read mail. Left out where no mail server is configured.</summary>
    public static IServiceCollection AddSmtpChannel(this IServiceCollection services, MailSettings settings) =>
        services.AddSingleton<ICalledChannel>(provider => ActivatorUtilities.CreateInstance<SmtpChannel>(provider, settings));

    /// <summary>Vendors by definition. Needs the webhooks' policy, by which every vendor's address is checked too.</summary>
    public static IServiceCollection AddConnectorChannel(
        this IServiceCollection services, ConnectorCatalogue catalogue, SecretReferences references, WebhookOptions options)
    {
        services.AddSingleton(catalogue).AddSingleton(references).AddSingleton<VendorTokens>().AddSingleton<VendorPace>();
        services.AddSingleton(provider => new VendorHttp(
            options, provider.GetRequiredService<TargetPolicy>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<VendorCaller>().AddSingleton<StandingStops>().AddSingleton<ConnectorChannel>();
        services.AddSingleton<FindStandingStops>(provider => provider.GetRequiredService<StandingStops>().FindAsync);
        return services.AddSingleton<ICalledChannel>(provider => provider.GetRequiredService<ConnectorChannel>());
    }
}
