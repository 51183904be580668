using System.Runtime.InteropServices;
using OptOut.Samples.Demo;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Embedded.Hosting;

// Starts the service in embedded mode, shows one opt-out's way through a few systems, and ends all of it on a signal.
using var ending = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);

var options = DemoOptions.Read(args);
await using var children = new Children(options);
try
{
    var state = DemoState.Open(options);
    if (LoopbackPort.IsTaken(options.Port))
        throw new DemoException($"Port {options.Port} is taken. Choose another: PORT=8090 ./run");
    var witness = await DemoWitness.PrepareAsync(options, ending.Token);
    var service = children.StartService(state, witness?.Settings);
    var gone = service.WaitForExitAsync(ending.Token);
    using var client = new ServiceClient(options.Service, state.AdminKey);
    await FirstAsync(gone, client.WaitUntilLiveAsync(ending.Token));
    if (witness is not null)
        await witness.StartAsync(children, client, ending.Token);
    Console.WriteLine($"""

        OptOut is up.
          API        {options.Service}v1
          Swagger    {options.Service}swagger
          Health     {options.Service}health/ready
          Ledger     {options.Service}v1/ledger/checkpoint{(witness is null ? "" : ", cosigned by a witness of its own")}
          Admin key  {state.AdminKey}

        """);
    if (options.WithSystems)
        await FirstAsync(gone, new Demo(options, state, children, client).RunAsync(service.Id, ending.Token));
    else
        Console.WriteLine($"Log of the service: {children.LogOf("service")}\nCtrl-C ends it.");
    await gone;
    throw new DemoException("The service has ended.");

    async Task FirstAsync(Task end, Task step)
    {
        if (await Task.WhenAny(end, step) == end && !ending.IsCancellationRequested)
            throw new DemoException($"The service has ended:\n{service.LogTail()}");
        await step;
    }
}
catch (OperationCanceledException) when (ending.IsCancellationRequested)
{
    Console.WriteLine("\nEnding.");
    return 0;
}
catch (Exception fault) when (
    fault is DemoException or EmbeddedServerException or HttpRequestException or OperationCanceledException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

void End(PosixSignalContext context)
{
    context.Cancel = true;
    ending.Cancel();
}
