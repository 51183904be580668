using System.Runtime.InteropServices;
using OptOut.Benchmarks;
using OptOut.Service.Platform.Embedded;

using var ending = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

if (BenchOptions.TryRead(args, out var options) is { } fault)
{
    await Console.Error.WriteLineAsync(fault);
    return 2;
}

try
{
    return await new Bench(options!).RunAsync(ending.Token);
}
catch (OperationCanceledException) when (ending.IsCancellationRequested)
{
    return 130; // As a shell reports an interrupt.
}
catch (Exception exception) when (exception is EmbeddedServerException or BenchException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}

void End(PosixSignalContext context)
{
    context.Cancel = true;
    ending.Cancel();
}
