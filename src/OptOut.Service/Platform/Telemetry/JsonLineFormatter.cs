using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>
/// One JSON object a line, so that no logged text can pose as a line of its own. An exception is shown by its types and
/// SQLSTATE and by where it was thrown; its message is left out, whoever logs it, since drivers and parsers quote values.
/// </summary>
internal sealed class JsonLineFormatter : ITextFormatter
{
    private const int MaxText = 2000;
    private const int MaxInner = 5;
    private const int MaxFrames = 30;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        SkipValidation = true,
        // Control characters and line separators are still escaped; the rest stays readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) Write(writer, logEvent);
        output.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        output.Write('\n');
    }

    private static void Write(Utf8JsonWriter writer, LogEvent logEvent)
    {
        writer.WriteStartObject();
        writer.WriteString("time", logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        writer.WriteString("level", LevelOf(logEvent.Level));
        writer.WriteString("message", Short(Message(logEvent)));
        if (logEvent.TraceId is { } trace) writer.WriteString("traceId", trace.ToHexString());
        if (logEvent.SpanId is { } span) writer.WriteString("spanId", span.ToHexString());
        foreach (var (name, value) in logEvent.Properties)
        {
            writer.WritePropertyName(JsonNamingPolicy.CamelCase.ConvertName(name));
            WriteValue(writer, value);
        }

        if (logEvent.Exception is { } exception) WriteException(writer, exception);
        writer.WriteEndObject();
    }

    // Serilog's own rendering puts quotation marks around every text.
    private static string Message(LogEvent logEvent)
    {
        var message = new StringBuilder();
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is PropertyToken property
                && logEvent.Properties.TryGetValue(property.PropertyName, out var value)
                && value is ScalarValue { Value: string text }) message.Append(text);
            else message.Append(Rendered(token, logEvent));
        }

        return message.ToString();
    }

    private static string Rendered(MessageTemplateToken token, LogEvent logEvent)
    {
        using var text = new StringWriter();
        token.Render(logEvent.Properties, text, CultureInfo.InvariantCulture);
        return text.ToString();
    }

    private static void WriteException(Utf8JsonWriter writer, Exception exception)
    {
        writer.WriteStartArray("exception");
        var inner = exception;
        for (var i = 0; i < MaxInner && inner is not null; i++, inner = inner.InnerException)
        {
            writer.WriteStartObject();
            writer.WriteString("type", inner.GetType().FullName);
            if (inner is System.Data.Common.DbException { SqlState: { } state }) writer.WriteString("sqlState", state);
            writer.WriteStartArray("at");
            foreach (var frame in new StackTrace(inner, fNeedFileInfo: false).GetFrames().Take(MaxFrames))
                writer.WriteStringValue(DiagnosticMethodInfo.Create(frame) is { } m ? $"{m.DeclaringTypeName}.{m.Name}" : "?");
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, LogEventPropertyValue value)
    {
        switch (value)
        {
            case ScalarValue { Value: null }:
                writer.WriteNullValue();
                break;
            case ScalarValue { Value: bool flag }:
                writer.WriteBooleanValue(flag);
                break;
            case ScalarValue { Value: int or long or short or byte or uint } number:
                writer.WriteNumberValue(Convert.ToInt64(number.Value, CultureInfo.InvariantCulture));
                break;
            case ScalarValue { Value: double number } when double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            case ScalarValue { Value: string text }:
                writer.WriteStringValue(Short(text));
                break;
            default:
                // Objects are not taken apart: their members have not been chosen for a log.
                writer.WriteStringValue(Short(value is ScalarValue scalar
                    ? Convert.ToString(scalar.Value, CultureInfo.InvariantCulture) ?? ""
                    : value.ToString(null, CultureInfo.InvariantCulture)));
                break;
        }
    }

    private static string Short(string text) => text.Length <= MaxText ? text : text[..MaxText];

    private static string LevelOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "information",
        LogEventLevel.Warning => "warning",
        LogEventLevel.Error => "error",
        _ => "critical",
    };
}
