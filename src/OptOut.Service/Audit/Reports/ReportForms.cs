using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OptOut.Service.Audit.Reports;

/// <summary>A report as JSON, as CSV for a spreadsheet, and as a page that prints.</summary>
internal static class ReportForms
{
    public const string Csv = "text/csv";
    public const string Html = "text/html";

    private const string Style =
        "body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}"
        + "table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left}"
        + "h2{margin:1.5rem 0 .25rem;font-size:1.1rem;break-after:avoid}tr{break-inside:avoid}.note{color:#57606a;margin:.25rem 0}"
        + "code{overflow-wrap:anywhere}@media print{body{margin:0}}";

    /// <summary>The page's policy: this one style sheet and nothing else.</summary>
    public static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

    /// <summary>The report's bytes as they were sealed, and the seal beside them.</summary>
    public static byte[] ToJson(SealedReport made)
    {
        using var body = new MemoryStream();
        body.Write("{\"report\":"u8);
        body.Write(made.Content);
        body.Write(",\"seal\":"u8);
        JsonSerializer.Serialize(body, made.Seal, ReportsJson.Strict.ReportSeal);
        body.Write("}"u8);
        return body.ToArray();
    }

    /// <summary>
    /// One value a line: section, row, column, value. The same four columns throughout, so that any reader of RFC 4180 can
    /// take it; and no cell begins as a formula would.
    /// </summary>
    public static string ToCsv(SealedReport made)
    {
        var text = new StringBuilder("section,row,column,value\r\n");
        var report = made.Report;
        Line(text, "report", 0, "id", report.Id);
        Line(text, "report", 0, "from", report.From);
        Line(text, "report", 0, "to", report.To);
        Line(text, "report", 0, "generatedAt", report.GeneratedAt);
        foreach (var section in report.Sections)
        {
            if (!section.Recorded) Line(text, section.Name, 0, "recorded", false);
            for (var row = 0; row < section.Rows.Count; row++)
            {
                for (var column = 0; column < section.Columns.Count; column++)
                    Line(text, section.Name, row + 1, section.Columns[column], section.Rows[row][column]);
            }
        }

        Line(text, "seal", 0, "sha256", made.Seal.Sha256);
        Line(text, "seal", 0, "entryId", made.Seal.EntryId);
        return text.ToString();
    }

    /// <summary>A field of RFC 4180 that no spreadsheet takes for a formula.</summary>
    public static string Cell(string value)
    {
        if (value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n') value = "'" + value;
        return value.AsSpan().IndexOfAny("\",\r\n") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    public static string ToHtml(SealedReport made)
    {
        var report = made.Report;
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Compliance report</title>")
            .Append("<style>").Append(Style).Append("</style></head><body><h1>Compliance report</h1>")
            .Append(CultureInfo.InvariantCulture, $"<p>{Encode(report.Origin)}, {Text(report.From)} to {Text(report.To)}, ")
            .Append(CultureInfo.InvariantCulture, $"made {Text(report.GeneratedAt)} as <code>{Encode(report.Id)}</code></p>");
        foreach (var section in report.Sections)
        {
            html.Append("<h2>").Append(Encode(section.Title)).Append("</h2>");
            if (section.Note is { } note) html.Append("<p class=\"note\">").Append(Encode(note)).Append("</p>");
            if (section.Recorded) Table(html, section);
        }

        return html.Append(CultureInfo.InvariantCulture,
            $"<h2>Seal</h2><p>SHA-256 <code>{made.Seal.Sha256}</code>, ledger entry <code>{made.Seal.EntryId}</code></p></body></html>")
            .ToString();
    }

    private static void Table(StringBuilder html, ReportSection section)
    {
        if (section.Rows.Count == 0)
        {
            html.Append("<p>None.</p>");
            return;
        }

        html.Append("<table><thead><tr>");
        foreach (var column in section.Columns) html.Append("<th scope=\"col\">").Append(Encode(column)).Append("</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var row in section.Rows)
        {
            html.Append("<tr>");
            foreach (var value in row) html.Append("<td>").Append(Encode(Text(value))).Append("</td>");
            html.Append("</tr>");
        }

        html.Append("</tbody></table>");
    }

    private static void Line(StringBuilder text, string section, int row, string column, object? value) =>
        text.Append(Cell(section)).Append(',').Append(row).Append(',').Append(Cell(column)).Append(',')
            .Append(Cell(Text(value))).Append("\r\n");

    // A stored report is read back with its values as JSON.
    private static string Text(object? value) => value switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null } => "",
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        bool word => word ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
