using System.Text.Json;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>
/// Reads rows of the formats that stops come in. A row that does not say stop is refused, never turned round: imports can
/// only strengthen.
/// </summary>
internal static class ImportFormats
{
    public const string Ndjson = "ndjson";
    public const string Csv = "csv";
    public const string SendGrid = "sendgrid";
    public const string Mailchimp = "mailchimp";
    public const string Ses = "ses";

    private const string Email = "email";

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>The names of the columns of our own format, and the members of its NDJSON form.</summary>
    private static readonly string[] Own = ["type", "value", "purpose", "channel", "occurredAt", "reason", "state"];

    public static bool IsKnown(string? format) => format is Ndjson or Csv or SendGrid or Mailchimp or Ses;

    /// <summary>Whether the file's columns are one of this format's; the header is the first record.</summary>
    public static bool HasHeader(string format) => format is not (Ndjson or Ses);

    /// <summary>Where the columns are that a format needs; null where the header is not one of its exports.</summary>
    public static Dictionary<string, int>? Columns(string format, List<string> header)
    {
        var columns = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < header.Count; i++)
            if (!columns.TryAdd(header[i].Trim(), i))
                return null;

        return format switch
        {
            Csv => columns.ContainsKey("value") && columns.Keys.All(name => Own.Contains(name)) ? columns : null,
            SendGrid => columns.ContainsKey(Email) ? columns : null,
            // An export of subscribers has the address too; only these columns say that somebody left.
            Mailchimp => columns.ContainsKey("Email Address")
                && (columns.ContainsKey("UNSUB_TIME") || columns.ContainsKey("CLEAN_TIME")) ? columns : null,
            _ => null,
        };
    }

    public static ImportRow OfFields(string format, Dictionary<string, int>? columns, List<string> fields)
    {
        if (format == Ses)
            return fields.Count is 0 or > 3
                ? ImportRow.Bad(RowStatus.RowUnreadable)
                : new ImportRow(Email, fields[0], OccurredAt: fields.Count > 2 ? NullIfEmpty(fields[2]) : null);
        if (columns is null || fields.Count != columns.Count)
            return ImportRow.Bad(RowStatus.RowUnreadable);
        string? Field(string name) => columns.TryGetValue(name, out var at) ? NullIfEmpty(fields[at]) : null;
        return format switch
        {
            Csv => OfOwn(Field("type") ?? Email, Field("value"), Field),
            SendGrid => new ImportRow(Email, Field(Email), OccurredAt: Field("created") ?? Field("created_at")),
            _ when Field("UNSUB_TIME") is null && Field("CLEAN_TIME") is null => ImportRow.Bad(RowStatus.NotAStop),
            _ => new ImportRow(Email, Field("Email Address"), OccurredAt: Field("UNSUB_TIME") ?? Field("CLEAN_TIME")),
        };
    }

    public static ImportRow OfJson(string format, ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return ImportRow.Bad(RowStatus.RowUnreadable);
            var members = new Dictionary<string, string?>(StringComparer.Ordinal);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                    return ImportRow.Bad(RowStatus.RowUnreadable);
                members.Add(member.Name, member.Value.GetString());
            }

            if (format == Ses)
                return new ImportRow(Email, members.GetValueOrDefault("EmailAddress"),
                    OccurredAt: members.GetValueOrDefault("LastUpdateTime"));
            return members.Keys.All(name => Own.Contains(name))
                ? OfOwn(members.GetValueOrDefault("type"), members.GetValueOrDefault("value"), members.GetValueOrDefault)
                : ImportRow.Bad(RowStatus.ColumnUnknown);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return ImportRow.Bad(RowStatus.RowUnreadable);
        }
    }

    private static ImportRow OfOwn(string? type, string? value, Func<string, string?> member) =>
        member("state") is not (null or "opted_out")
            ? ImportRow.Bad(RowStatus.NotAStop)
            : new ImportRow(type, value, member("purpose"), member("channel"), member("occurredAt"), member("reason"));

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
