using OptOut.Service;
using OptOut.Service.Platform.Database;

if (args is ["migrate"])
    return await ServiceHost.MigrateAsync(args);

await using var host = await ServiceHost.BuildAsync(args, CancellationToken.None);
await host.RunAsync();
return 0;
