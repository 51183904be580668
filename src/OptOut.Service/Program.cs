using OptOut.Service;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Keys;

// Faults of the configuration are the operator's to read: all at once, without a stack.
try
{
    switch (args)
    {
        case ["migrate", .. var rest]:
            await ServiceHost.MigrateAsync(rest);
            return 0;
        case ["new-master-key", var file]:
            KeyRing.CreateFile(file, TimeProvider.System);
            return 0;
        case ["new-ledger-key", var file]:
            LedgerKeys.CreateFile(file);
            return 0;
        default:
            await using (var host = await ServiceHost.BuildAsync(args, CancellationToken.None))
                await host.RunAsync();
            return 0;
    }
}
catch (Exception exception) when (exception is ConfigurationException or EmbeddedServerException or KeyRingException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 78; // EX_CONFIG of sysexits.h
}
