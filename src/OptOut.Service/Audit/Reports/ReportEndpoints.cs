using System.Globalization;
using System.Text;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reports;

/// <summary>The routes under <c>/v1/reports</c>.</summary>
internal static class ReportEndpoints
{
    /// <summary>The longest period.</summary>
    public static readonly TimeSpan MaxPeriod = TimeSpan.FromDays(400);

    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromDays(30);

    public static async Task<IResult> ComplianceAsync(HttpContext http, ReportDesk desk, TimeProvider clock)
    {
        var query = http.Request.Query;
        var now = clock.GetUtcNow();
        // Up to a whole second, so that the same question twice is the same question.
        var to = new DateTimeOffset(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero).AddSeconds(1);
        if (!TryTime(query["to"], ref to)) return ProblemKinds.InvalidParameter.With("to is an RFC 3339 time.");
        var from = to - DefaultPeriod;
        if (!TryTime(query["from"], ref from)) return ProblemKinds.InvalidParameter.With("from is an RFC 3339 time.");
        if (from >= to || to - from > MaxPeriod)
            return ProblemKinds.InvalidParameter.With($"from lies before to, by {MaxPeriod.TotalDays:F0} days at most.");
        if (Form(http.Request) is not { } form) return ProblemKinds.NotAcceptable.With("format is json, csv or html.");
        var made = await desk.MakeAsync(new ReportQuestion(from, to, http.Caller().Actor), http.RequestAborted);
        return Answer(http, made, form);
    }

    public static async Task<IResult> OneAsync(HttpContext http, string id, ReportDesk desk)
    {
        if (Form(http.Request) is not { } form) return ProblemKinds.NotAcceptable.With("format is json, csv or html.");
        return PublicId.TryParse(id, "rpt_", out var reportId)
            && await desk.FindAsync(reportId, http.RequestAborted) is { } made
                ? Answer(http, made, form)
                : ProblemKinds.NotFound.With();
    }

    public static async Task<IResult> NumbersAsync(HttpContext http, PublishedNumbersReader numbers)
    {
        if (Form(http.Request) is not { } form || form == "csv") return ProblemKinds.NotAcceptable.With("format is json or html.");
        var read = await numbers.ReadAsync(http.RequestAborted);
        if (form == "json") return TypedResults.Json(read, ReportsJson.Strict.PublishedNumbers);
        http.Response.Headers.ContentSecurityPolicy = NumbersPage.Policy;
        return TypedResults.Text(NumbersPage.Of(read), ReportForms.Html, Encoding.UTF8);
    }

    private static IResult Answer(HttpContext http, SealedReport made, string form)
    {
        http.Response.Headers.Vary = "Accept";
        switch (form)
        {
            case "csv":
                http.Response.Headers.ContentDisposition = $"attachment; filename=\"{made.Report.Id}.csv\"";
                return TypedResults.Text(ReportForms.ToCsv(made), ReportForms.Csv, Encoding.UTF8);
            case "html":
                http.Response.Headers.ContentSecurityPolicy = ReportForms.Policy;
                return TypedResults.Text(ReportForms.ToHtml(made), ReportForms.Html, Encoding.UTF8);
            default:
                return TypedResults.Bytes(ReportForms.ToJson(made), "application/json");
        }
    }

    /// <summary>The form asked for by <c>format</c>, else by <c>Accept</c>; null for one that there is not.</summary>
    private static string? Form(HttpRequest request)
    {
        if (request.Query["format"] is [{ } format]) return format is "json" or "csv" or "html" ? format : null;
        foreach (var accepted in request.GetTypedHeaders().Accept.OrderByDescending(a => a.Quality ?? 1))
        {
            switch (accepted.MediaType.Value)
            {
                case ReportForms.Csv: return "csv";
                case ReportForms.Html: return "html";
                case "application/json" or "application/*" or "*/*": return "json";
            }
        }

        return request.Headers.Accept.Count == 0 ? "json" : null;
    }

    private static bool TryTime(Microsoft.Extensions.Primitives.StringValues values, ref DateTimeOffset time)
    {
        if (values.Count == 0) return true;
        if (values is not [{ Length: > 0 } text] || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var read)) return false;
        time = read;
        return true;
    }
}
