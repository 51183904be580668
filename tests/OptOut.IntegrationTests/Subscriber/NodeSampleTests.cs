using System.Collections.Concurrent;
using System.Diagnostics;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Subscriber;

/// <summary>The sample in plain Node, run as it is shipped.</summary>
public sealed class NodeSampleTests(Servers servers) : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _lines = new();
    private FakeService _service = null!;
    private Process? _node;

    [Fact]
    public async Task Node_applies_once_refuses_what_is_older_or_forged_and_acknowledges_signed()
    {
        await _service.TellAsync("{ poison"u8.ToArray());
        await _service.TellAsync("{}"u8.ToArray());
        await _service.TellAsync(TestEvents.Version(1, "forged").ToUtf8Bytes(), WebhookSecret.Generate());
        await _service.TellAsync(TestEvents.Version(2));
        var (first, trace) = await _service.TakeWithTraceAsync();
        Assert.Equal(("dlv_1_2", AcknowledgementOutcome.Applied, TestEvents.Trace), (first.DeliveryId, first.Outcome, trace));

        await _service.TellAsync(TestEvents.Version(2));
        Assert.Equal(first.ToUtf8Bytes(), (await _service.TakeAsync()).ToUtf8Bytes());
        await _service.TellAsync(TestEvents.Version(1));
        Assert.Equal(AcknowledgementOutcome.Received, (await _service.TakeAsync()).Outcome);

        await _service.CountsAsync(BrokerNames.DeadLetterQueue(FakeService.System), 3);
        Assert.Equal("analytics: oo_1 version 2, marketing/any: applied", Assert.Single(_lines));
    }

    [Fact]
    public async Task Node_says_it_again_after_nobody_took_its_acknowledgement()
    {
        await _service.ListenAsync(false);
        await _service.TellAsync(TestEvents.Version(1));
        await FakeService.UntilAsync(() => Task.FromResult(!_lines.IsEmpty));
        await _service.ListenAsync(true);
        Assert.Equal(AcknowledgementOutcome.Applied, (await _service.TakeAsync()).Outcome);
        Assert.Single(_lines);
    }

    public async ValueTask InitializeAsync()
    {
        var broker = await servers.CreateVhostAsync();
        _service = await FakeService.ConnectAsync(broker);
        var sample = SampleDirectory();
        if (!Directory.Exists(Path.Combine(sample, "node_modules"))) await RunAsync("npm", "ci", sample);
        _node = Start("node", "index.mjs", sample, broker);
        _node.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null) _lines.Enqueue(line.Data);
        };
        _node.BeginOutputReadLine();
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            _node.Kill(entireProcessTree: true);
            await _node.WaitForExitAsync(CancellationToken.None);
            _node.Dispose();
        }

        await _service.DisposeAsync();
    }

    private static string SampleDirectory()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "OptOut.sln"))) directory = directory.Parent;
        return Path.Combine(directory!.FullName, "samples", "node-analytics");
    }

    private static async Task RunAsync(string file, string arguments, string directory)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { WorkingDirectory = directory })!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    private Process Start(string file, string arguments, string directory, Uri broker)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true };
        start.Environment["OPTOUT_SYSTEM"] = FakeService.System;
        start.Environment["OPTOUT_SECRET"] = _service.Secret.Reveal();
        start.Environment["RABBITMQ_URI"] = broker.ToString();
        return Process.Start(start)!;
    }
}
