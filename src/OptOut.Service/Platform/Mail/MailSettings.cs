using System.Net.Mail;

namespace OptOut.Service.Platform.Mail;

/// <summary>The outgoing mail server, under <c>OptOut:Smtp</c>. Without a host no mail is sent.</summary>
/// <param name="Host">Name or address; null: none.</param>
/// <param name="Port">Default 587.</param>
/// <param name="Sender">The sender of every mail.</param>
/// <param name="User">Login, where the server wants one.</param>
/// <param name="Password">Its password.</param>
/// <param name="Tls">STARTTLS is demanded; default true.</param>
internal sealed record MailSettings(string? Host, int Port, string Sender, string? User, string? Password, bool Tls)
{
    /// <summary>From the first byte to the server's last word.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Reads the section and adds what is wrong with it to the faults.</summary>
    public static MailSettings From(IConfiguration configuration, ICollection<string> faults)
    {
        var section = configuration.GetSection("OptOut:Smtp");
        var settings = new MailSettings(
            section["Host"] is { Length: > 0 } host ? host : null,
            section.GetValue("Port", 587),
            section["From"] ?? "optout@localhost",
            section["User"] is { Length: > 0 } user ? user : null,
            section["Password"],
            section.GetValue("Tls", true));
        if (settings.Port is < 1 or > 65_535) faults.Add("OptOut__Smtp__Port is no port.");
        if (!IsAddress(settings.Sender)) faults.Add("OptOut__Smtp__From is no e-mail address.");
        return settings;
    }

    /// <summary>One plain address: nothing around it, no control character, nothing that could begin a header.</summary>
    public static bool IsAddress(string? text) =>
        text is { Length: > 2 and <= 254 } && !text.Any(char.IsControl) && !text.Contains(',', StringComparison.Ordinal)
        && MailAddress.TryCreate(text, out var address) && address.Address == text;
}
