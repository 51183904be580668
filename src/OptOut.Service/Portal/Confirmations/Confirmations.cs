using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using OptOut.Contracts;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels.Smtp;

namespace OptOut.Service.Portal.Confirmations;

/// <summary>
/// <c>/c/{token}</c>: a person at a vendor says what was done. Opening it changes nothing: mail scanners follow links.
/// </summary>
internal static class Confirmations
{
    /// <summary>Bytes of a form; it needs under 20.</summary>
    public const int MaxBytes = 1024;

    public static async Task<IResult> ShowAsync(HttpContext http, string token, ConfirmationLinks links, ConfirmationDesk desk) =>
        !links.TryRead(token, out var id) || await desk.FindAsync(id, http.RequestAborted) is not { } delivery
            ? ConfirmationPage.Unknown
            : !delivery.IsOpen || delivery.IsOutdated
                ? ConfirmationPage.Closed
                : ConfirmationPage.Ask(delivery.System.DisplayName, PublicId.Format(PublicId.Delivery, id), delivery.Version);

    public static async Task<IResult> ConfirmAsync(HttpContext http, string token, ConfirmationLinks links, ConfirmationDesk desk)
    {
        if (!links.TryRead(token, out var id) || await desk.FindAsync(id, http.RequestAborted) is not { } delivery)
            return ConfirmationPage.Unknown;
        if (await ReadAsync(http) is not { } body || OutcomeOf(body) is not { } outcome)
            return ConfirmationPage.Unreadable;
        if (!delivery.IsOpen || delivery.IsOutdated)
            return ConfirmationPage.Closed;
        return await desk.ConfirmAsync(delivery, outcome, body, CancellationToken.None)
            ? ConfirmationPage.Recorded
            : ConfirmationPage.Closed;
    }

    private static AcknowledgementOutcome? OutcomeOf(byte[] body) =>
        QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body)).TryGetValue(ConfirmationPage.OutcomeField, out var values)
        && values is [{ } word] && ConfirmationPage.Choices.Any(choice => choice.Word == word)
        && WireNames.TryParse<AcknowledgementOutcome>(word, out var outcome) ? outcome : null;

    private static async Task<byte[]?> ReadAsync(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true
            || http.Request.ContentLength > MaxBytes)
            return null;
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > MaxBytes)
            {
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
