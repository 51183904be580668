using OptOut.Service.Platform.Mail;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Service.Audit.Alerts;

/// <summary>Who is told, and how.</summary>
internal static class AlertsCapability
{
    public static IServiceCollection AddAlerts(
        this IServiceCollection services, IConfiguration configuration, bool allowPrivateTargets)
    {
        var settings = AlertSettings.From(configuration, allowPrivateTargets);
        services
            .AddSingleton(settings.Mail)
            .AddSingleton<MailSender>()
            .AddSingleton<AlertSignal>()
            .AddSingleton<AlertOutbox>()
            .AddHostedService<AlertDispatcher>()
            .AddHostedService<Escalation>();
        foreach (var hook in settings.Webhooks)
        {
            services.AddSingleton<IAlertChannel>(provider => new WebhookAlerts(
                hook, new WebhookOptions { AllowPrivateTargets = allowPrivateTargets }, provider.GetRequiredService<TimeProvider>()));
        }

        return settings.Mailbox is { } mailbox
            ? services.AddSingleton<IAlertChannel>(provider =>
                new MailAlerts(mailbox, provider.GetRequiredService<MailSender>()))
            : services;
    }
}
