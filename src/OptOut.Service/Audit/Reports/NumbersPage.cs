using System.Globalization;
using System.Net;
using System.Text;

namespace OptOut.Service.Audit.Reports;

/// <summary>The published numbers on one plain page.</summary>
internal static class NumbersPage
{
    public const string Policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

    public static string Of(PublishedNumbers numbers)
    {
        var html = new StringBuilder(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>OptOut in numbers</title></head><body>"
            + "<h1>OptOut in numbers</h1>");
        html.Append(CultureInfo.InvariantCulture,
            $"<p>The last {numbers.Days} days, as of {numbers.AsOf.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC</p>");
        html.Append("<table border=\"1\"><thead><tr><th>System</th><th>Press to applied, half (ms)</th><th>95 of 100 (ms)</th>"
            + "<th>Slowest (ms)</th><th>Sent after the stop</th><th>Last good probe (s ago)</th></tr></thead><tbody>");
        foreach (var system in numbers.Systems)
        {
            html.Append("<tr><td>").Append(WebUtility.HtmlEncode(system.System)).Append("</td>");
            Cell(html, system.P50Ms);
            Cell(html, system.P95Ms);
            Cell(html, system.MaxMs);
            Cell(html, system.SentAfterStop);
            Cell(html, system.LastGoodProbeSeconds);
            html.Append("</tr>");
        }

        return html.Append("</tbody></table><p>Ledger verified up to: ")
            .Append(numbers.LedgerVerifiedUpTo is { } size ? $"{size} entries" : "nothing signed yet")
            .Append("</p></body></html>").ToString();
    }

    private static void Cell(StringBuilder html, long? value) =>
        html.Append("<td>").Append(value?.ToString(CultureInfo.InvariantCulture) ?? "none").Append("</td>");
}
