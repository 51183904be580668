using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Samples.Demo;

/// <summary>
/// The demo's processes. Each ends with the demo, however that ends; in order, the systems go first and the service last.
/// </summary>
internal sealed class Children(DemoOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan SystemGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServiceGrace = TimeSpan.FromSeconds(40);
    private readonly List<ServerProcess> systems = [];
    private ServerProcess? service;

    public ServerProcess StartService(DemoState state, IReadOnlyDictionary<string, string>? more)
    {
        var environment = new Dictionary<string, string>
        {
            ["OPTOUT_EMBEDDED"] = "1",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["OptOut__BootstrapAdminKey"] = state.AdminKey,
            ["OptOut__AllowPrivateTargets"] = "true",
            ["OptOut__DataDirectory"] = options.DataDirectory,
            ["Urls"] = options.Service.GetLeftPart(UriPartial.Authority),
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>())
            environment[name] = value;
        return service = Start(
            "service", "dotnet", [options.Program("src", "OptOut.Service")], environment, keepsEnvironment: true);
    }

    /// <summary>A sample system gets its own settings only: nothing of the service's, such as its key.</summary>
    public void StartSystem(
        string name, string program, IReadOnlyList<string> arguments, Dictionary<string, string> environment)
    {
        foreach (var variable in new[] { "DOTNET_ROOT", "HOME" })
        {
            if (Environment.GetEnvironmentVariable(variable) is { } value)
                environment.TryAdd(variable, value);
        }

        systems.Add(Start(name, program, arguments, environment, keepsEnvironment: false));
    }

    public string LogOf(string name) => Path.Combine(options.Logs, $"{name}.log");

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(systems.Select(system => system.EndAsync(ServerSignal.Terminate, SystemGrace)));
        if (service is not null)
            await service.EndAsync(ServerSignal.Terminate, ServiceGrace);
        foreach (var system in systems)
            system.Dispose();
        service?.Dispose();
    }

    private ServerProcess Start(
        string name, string program, IReadOnlyList<string> arguments, Dictionary<string, string> environment,
        bool keepsEnvironment) => ServerProcess.Start(
        new ServerCommand(program, arguments)
        {
            Environment = environment,
            KeepsEnvironment = keepsEnvironment,
            WorkingDirectory = options.Root,
            DeathSignal = ServerSignal.Terminate,
        },
        LogOf(name));
}
