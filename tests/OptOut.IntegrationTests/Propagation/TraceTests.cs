using System.Collections.Concurrent;
using System.Diagnostics;
using OptOut.Contracts;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class TraceTests(PropagationService fixture)
{
    [Fact]
    public async Task One_trace_runs_from_the_request_through_the_event_to_the_acknowledgement()
    {
        var service = fixture.Service;
        var traceId = ActivityTraceId.CreateRandom();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "OptOut" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == traceId)
                    spans.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var purpose = await service.PurposeAsync();
        var url = SdkSystem.FreeUrl();
        var queued = await service.RegisterAsync(purpose);
        var raw = await service.RegisterAsync(purpose);
        var called = await service.RegisterAsync(purpose, url);
        await using var consumer = await SdkSystem.FromQueueAsync(queued, service.Broker!);
        await using var receiver = await SdkSystem.AtAsync(called, url);

        var record = await service.StopAsync(purpose, null, ("traceparent", $"00-{traceId}-00f067aa0ba902b7-01"));
        var (told, _, properties) = (await raw.TakeAsync(1))[0];
        Assert.StartsWith($"00-{traceId}-", told.TraceParent, StringComparison.Ordinal);
        Assert.Equal(told.TraceParent, System.Text.Encoding.UTF8.GetString((byte[])properties.Headers!["traceparent"]!));
        await raw.AckRawAsync(Downstream.Word(told).ToUtf8Bytes(), traceParent: told.TraceParent);
        Assert.Equal("complete", (await service.PropagationAsync(record.Id(), wait: 30)).Text("state"));

        await Running.UntilAsync(() => Task.FromResult(spans.Count(span => span.OperationName == "optout.acknowledge") == 3),
            "Not every acknowledgement is in the trace.");
        Assert.Contains(spans, span => span.Source.Name == "Microsoft.AspNetCore");
        Assert.Equal([called.Name, queued.Name, raw.Name],
            spans.Where(span => span.OperationName == "optout.acknowledge")
                .Select(span => (string)span.GetTagItem("optout.system")!).Order(StringComparer.Ordinal)
                .OrderBy(name => Array.IndexOf([called.Name, queued.Name, raw.Name], name)));
    }
}
