using System.Globalization;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using OptOut.Contracts;

namespace OptOut.Service.Propagation.Channels.Smtp;

/// <summary>
/// Writes the message to a vendor that reads mail. Headers hold fixed words and opaque ids only; what was asked stands in
/// the body. Every message about one delivery carries its id, so a reminder is known as one.
/// </summary>
internal static class MailComposer
{
    public const string DeliveryHeader = "OptOut-Delivery";

    public static MailMessage Compose(
        OptOutEventData data, MailAddress from, MailAddress to, string link, DateTimeOffset now)
    {
        var stop = data.State == OptOutState.OptedOut;
        var message = new MailMessage(from, to)
        {
            Subject = $"{(stop ? "Opt-out request" : "Opt-out lifted")} {data.DeliveryId}",
            SubjectEncoding = Encoding.ASCII,
            HeadersEncoding = Encoding.ASCII,
            Body = Body(data, stop, link),
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.Base64,
            IsBodyHtml = false,
        };
        // Each message has an id of its own, or a server would drop a reminder as a repeat; the reference keeps them together.
        message.Headers.Add("Message-ID", string.Create(
            CultureInfo.InvariantCulture, $"<{data.DeliveryId}.{now.ToUnixTimeMilliseconds()}@{from.Host}>"));
        message.Headers.Add("References", $"<{data.DeliveryId}@{from.Host}>");
        message.Headers.Add(DeliveryHeader, data.DeliveryId);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        return message;
    }

    private static string Body(OptOutEventData data, bool stop, string link)
    {
        var text = new StringBuilder();
        text.Append(stop
            ? "A person has objected to the use of their data. Please stop it, and tell us what was done.\r\n\r\n"
            : "A person has lifted an earlier objection. Please act on it, and tell us what was done.\r\n\r\n");
        foreach (var identifier in data.Identifiers)
            text.Append(identifier.Type).Append(" (").Append(WireNames.Of(identifier.Form)).Append("): ")
                .Append(OneLine(identifier.Value)).Append("\r\n");
        text.Append(string.Create(CultureInfo.InvariantCulture,
            $"""
            purpose: {data.Scope.Purpose}
            channel: {data.Scope.Channel}
            recorded: {data.RecordedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC
            please act by: {data.ApplyBy.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC
            request: {data.DeliveryId}, version {data.Version}

            When it is done, confirm it here. Opening the page changes nothing; its button does.
            {link}

            """).ReplaceLineEndings("\r\n"));
        if (data.Synthetic)
            text.Append("\r\nThis is a test of the connection. The person does not exist.\r\n");
        return text.ToString();
    }

    // What is normalised holds no line break; a configured type might.
    private static string OneLine(string value) =>
        string.Concat(value.Select(c => char.IsControl(c) ? ' ' : c));
}
