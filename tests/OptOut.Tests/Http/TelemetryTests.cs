using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Telemetry;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace OptOut.Tests.Http;

public sealed class TelemetryTests
{
    private const string Marked = "marked.person@example.com";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_the_framework_logs_holds_a_url_a_token_or_the_words_of_an_exception()
    {
        var sink = new LineSink();
        await using (var app = await LocalApp.StartAsync(
            a => a.MapGet("/o/{token}", string (string token) => throw new InvalidOperationException(Marked)),
            builder => builder.AddOptOutLogging(Logger(sink))))
        {
            using var outside = new HttpClient { BaseAddress = app.Address };
            await outside.GetAsync($"/o/secret-token?email={Marked}", Cancel);
            await outside.GetAsync($"/missing/{Marked}", Cancel);
            var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Elsewhere");
#pragma warning disable CA1848, CA2254 // This is how a foreign library would log.
            logger.LogError(new InvalidOperationException(Marked, new FormatException(Marked)), "It failed at {RequestPath}: {Error}",
                "/o/secret-token", new ArgumentException(Marked));
#pragma warning restore CA1848, CA2254
        }

        var text = string.Join('\n', sink.Lines);
        Assert.DoesNotContain(Marked, text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", text, StringComparison.Ordinal);
        Assert.Contains("\"message\":\"GET /o/{token} 500 in ", text, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"System.FormatException\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_break_in_a_value_cannot_begin_a_line_of_its_own()
    {
        var sink = new LineSink();
        using var logger = Logger(sink);
        logger.Information("name {Name}", "a\n{\"level\":\"error\"}\r\u2028b\u001b[0m");
        var line = Assert.Single(sink.Lines);
        Assert.Equal(line.Length - 1, line.IndexOfAny(['\n', '\r', '\u2028', '\u001b']));
        Assert.Equal("information", JsonDocument.Parse(line).RootElement.GetProperty("level").GetString());
    }

    [Fact]
    public async Task A_span_keeps_its_route_and_loses_path_query_and_address()
    {
        var spans = new ConcurrentQueue<Activity>();
        await using var app = await LocalApp.StartAsync(a => a.MapGet("/o/{token}", (string token) =>
        {
            // What the framework sets where its own switch allows it.
            Activity.Current?.SetTag("url.path", "/o/" + token).SetTag("url.query", Marked).SetTag("url.full", token);
            return "ok";
        }));
        using (TelemetrySetup.Create(t => t.AddProcessor(new Collect(spans)), _ => { }))
        {
            await app.Client.GetAsync($"/o/secret-token?email={Marked}", Cancel);
            // The server's span ends a moment after the client has its answer.
            var started = TimeProvider.System.GetTimestamp();
            while (!spans.Any(IsThePress) && TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10))
                await Task.Delay(20, Cancel);
        }

        var span = Assert.Single(spans, IsThePress);
        Assert.Equal("GET /o/{token}", span.DisplayName);
        Assert.Matches("^req_", span.GetTagItem("optout.request.id") as string);
        var text = string.Join('\n', span.TagObjects.Select(t => $"{t.Key}={t.Value}")) + span.DisplayName;
        Assert.DoesNotContain("secret-token", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Marked, text, StringComparison.Ordinal);

        static bool IsThePress(Activity span) =>
            span.GetTagItem("http.route") is "/o/{token}" && span.GetTagItem("http.response.status_code") is 200;
    }

    [Fact]
    public void A_span_that_carries_the_words_of_an_exception_is_not_exported()
    {
        var exported = new List<Activity>();
        using (TelemetrySetup.Create(t => t.AddProcessor(new SimpleActivityExportProcessor(new Keep(exported))), _ => { }))
        {
            using (var bad = OptOutTelemetry.Source.StartActivity("bad")) bad?.AddException(new InvalidOperationException(Marked));
            using (OptOutTelemetry.Source.StartActivity("good")) { }
        }

        Assert.Equal("good", Assert.Single(exported).DisplayName);
    }

    [Fact]
    public void Labels_take_only_words_from_closed_sets()
    {
        var seen = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Meter.Name != OptOutTelemetry.Name) return;
                Assert.False(string.IsNullOrEmpty(i.Unit), i.Name);
                Assert.False(string.IsNullOrEmpty(i.Description), i.Name);
                l.EnableMeasurementEvents(i);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => See(tags));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => See(tags));
        listener.Start();

        OptOutTelemetry.Recorded(Marked, Marked, Marked);
        OptOutTelemetry.Recorded("api", "marketing.newsletter", "created");
        OptOutTelemetry.Delivered(Marked, "sent");
        OptOutTelemetry.DeliveryLag(TimeSpan.FromSeconds(1), Marked);
        OptOutTelemetry.Acknowledged("applied", Marked);
        OptOutTelemetry.AcknowledgementRejected("4915112345678");
        OptOutTelemetry.AuthFailed(Marked);
        OptOutTelemetry.BatchSize(3);

        Assert.DoesNotContain(Marked, seen);
        Assert.DoesNotContain("4915112345678", seen);
        Assert.Contains("marketing.newsletter", seen);

        void See(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (name, value) in tags)
            {
                Assert.True(Label.Allowed.ContainsKey(name), name);
                seen.Add(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
            }
        }
    }

    [Theory]
    [InlineData(nameof(ReadinessState.Ok), 200, "ok")]
    [InlineData(nameof(ReadinessState.Degraded), 200, "degraded")]
    [InlineData(nameof(ReadinessState.Failed), 503, "failed")]
    public async Task Readiness_is_the_worst_of_its_checks(string state, int status, string word)
    {
        await using var app = await LocalApp.StartAsync(
            a => a.MapOptOutHealth(),
            b => b.Services
                .AddSingleton<IReadinessCheck>(new Check("one", ReadinessResult.Ok()))
                .AddSingleton<IReadinessCheck>(new Check("two", new ReadinessResult(Enum.Parse<ReadinessState>(state), "words"))));
        var answer = await app.Client.GetAsync("/health/ready", Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(
            $$"""{"status":"{{word}}","separation":"off","checks":[{"name":"one","status":"ok","detail":null},{"name":"two","status":"{{word}}","detail":"words"}]}""",
            text);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("/health/live", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_check_that_hangs_or_throws_fails_without_its_words()
    {
        await using var app = await LocalApp.StartAsync(
            a => a.MapOptOutHealth(),
            b => b.Services
                .AddSingleton<IReadinessCheck>(new Check("hangs", null))
                .AddSingleton<IReadinessCheck>(new Check("throws", null, new InvalidOperationException(Marked))));
        var started = Stopwatch.GetTimestamp();
        var answer = await app.Client.GetAsync("/health/ready", Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 1.5, 10);
        Assert.Contains("No answer within the time-out.", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Marked, text, StringComparison.Ordinal);
    }

    private static Logger Logger(LineSink sink) => LoggingSetup.Configure(new LoggerConfiguration()).WriteTo.Sink(sink).CreateLogger();

    private sealed class Check(string name, ReadinessResult? result, Exception? fault = null) : IReadinessCheck
    {
        public string Name => name;

        public async ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken)
        {
            if (fault is not null) throw fault;
            // Deaf to its token on purpose.
            return result ?? await new TaskCompletionSource<ReadinessResult>().Task;
        }
    }

    private sealed class LineSink : ILogEventSink
    {
        private readonly JsonLineFormatter formatter = new();

        public List<string> Lines { get; } = [];

        public void Emit(LogEvent logEvent)
        {
            using var line = new StringWriter();
            formatter.Format(logEvent, line);
            lock (Lines) Lines.Add(line.ToString());
        }
    }

    private sealed class Collect(ConcurrentQueue<Activity> spans) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            spans.Enqueue(data);
        }
    }

    private sealed class Keep(List<Activity> spans) : BaseExporter<Activity>
    {
        public override ExportResult Export(in OpenTelemetry.Batch<Activity> batch)
        {
            foreach (var span in batch) spans.Add(span);
            return ExportResult.Success;
        }
    }
}
