using OptOut.Contracts;
using OptOut.Service.Audit.Findings;
using OptOut.Service.Platform.Mail;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Service.Audit.Alerts;

/// <summary>Who is told of findings, under <c>OptOut:Alerts</c>.</summary>
internal sealed record AlertSettings(IReadOnlyList<AlertHook> Webhooks, AlertMailbox? Mailbox, MailSettings Mail)
{
    /// <summary>At most this many webhooks.</summary>
    private const int MaxWebhooks = 10;

    /// <exception cref="ConfigurationException">Something in it cannot be used; every fault is named.</exception>
    public static AlertSettings From(IConfiguration configuration, bool allowPrivateTargets)
    {
        var faults = new List<string>();
        var policy = new TargetPolicy(allowPrivateTargets);
        var hooks = configuration.GetSection("OptOut:Alerts:Webhooks").GetChildren()
            .Select((section, index) => Hook(section, index, policy, faults)).OfType<AlertHook>().ToArray();
        if (hooks.Length > MaxWebhooks) faults.Add($"OptOut__Alerts__Webhooks has more than {MaxWebhooks}.");
        var mail = MailSettings.From(configuration, faults);
        var mailbox = ReadMailbox(configuration.GetSection("OptOut:Alerts:Email"), mail, faults);
        return faults.Count == 0 ? new AlertSettings(hooks, mailbox, mail) : throw new ConfigurationException(faults);
    }

    private static AlertHook? Hook(IConfigurationSection section, int index, TargetPolicy policy, List<string> faults)
    {
        var name = $"OptOut__Alerts__Webhooks__{index}";
        if (!Uri.TryCreate(section["Url"], UriKind.Absolute, out var url) || policy.CheckUrl(url) is not null)
        {
            faults.Add($"{name}__Url is no address that may be called.");
            return null;
        }

        try
        {
            return new AlertHook($"webhook-{index}", url, WebhookSecret.Parse(section["Secret"] ?? ""), Least(section, name, faults));
        }
        catch (FormatException)
        {
            faults.Add($"{name}__Secret is no whsec_ secret.");
            return null;
        }
    }

    private static AlertMailbox? ReadMailbox(IConfigurationSection section, MailSettings mail, List<string> faults)
    {
        if (section["To"] is not { Length: > 0 } to) return null;
        if (!MailSettings.IsAddress(to)) faults.Add("OptOut__Alerts__Email__To is no e-mail address.");
        if (mail.Host is null) faults.Add("OptOut__Alerts__Email__To needs OptOut__Smtp__Host.");
        return new AlertMailbox(to, Least(section, "OptOut__Alerts__Email", faults));
    }

    private static string Least(IConfigurationSection section, string name, List<string> faults)
    {
        var least = section["MinSeverity"] ?? Severities.Warning;
        if (!Severities.All.Contains(least)) faults.Add($"{name}__MinSeverity is one of {string.Join(", ", Severities.All)}.");
        return least;
    }
}

/// <summary>A receiver of signed calls.</summary>
internal sealed record AlertHook(string Name, Uri Url, WebhookSecret Secret, string MinSeverity);

/// <summary>A mailbox.</summary>
internal sealed record AlertMailbox(string To, string MinSeverity);
