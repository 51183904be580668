using System.Globalization;
using OptOut.Service.Platform.Mail;
using OptOut.Service.Propagation.Channels.Connector.Authentication;

namespace OptOut.Service.Propagation;

/// <summary>What an installation decides about the channels.</summary>
/// <param name="AllowPrivateTargets"><c>OptOut__AllowPrivateTargets</c>: see the policy of targets.</param>
/// <param name="ConnectorDirectory"><c>OptOut__ConnectorDirectory</c>: definitions of one's own; null for none.</param>
/// <param name="CallTimeout"><c>OptOut__CallTimeoutSeconds</c>, 1 to 15, default 15: one call to a receiver or a vendor; a mail twice as long.</param>
/// <param name="Mail">The mail server; without a host no system can be told by mail.</param>
/// <param name="SecretsDirectory"><c>OptOut__SecretsDirectory</c>: where secrets are mounted as files.</param>
internal sealed record ChannelSettings(
    bool AllowPrivateTargets, string? ConnectorDirectory, string SecretsDirectory, TimeSpan CallTimeout, MailSettings Mail)
{
    public static ChannelSettings From(IConfiguration configuration, List<string> faults) => new(
        configuration.GetValue<bool>("OptOut:AllowPrivateTargets"),
        configuration["OptOut:ConnectorDirectory"] is { Length: > 0 } directory ? directory : null,
        configuration["OptOut:SecretsDirectory"] is { Length: > 0 } secrets ? secrets : SecretReferences.DefaultDirectory,
        TimeoutOf(configuration, faults), MailSettings.From(configuration, faults));

    private static TimeSpan TimeoutOf(IConfiguration configuration, List<string> faults)
    {
        var seconds = 15;
        if (configuration["OptOut:CallTimeoutSeconds"] is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds is 0 or > 15))
            faults.Add("OptOut__CallTimeoutSeconds is no whole number from 1 to 15.");
        return TimeSpan.FromSeconds(seconds);
    }
}
