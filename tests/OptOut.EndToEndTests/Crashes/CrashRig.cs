using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using OptOut.Contracts;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Keys;
using OptOut.Subscriber;

namespace OptOut.EndToEndTests.Crashes;

/// <summary>A database, a broker and one subscriber that outlive every crash of the service.</summary>
public sealed class CrashRig : IAsyncLifetime
{
    private const string Key = "oo_00000000000000aa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private readonly string _home = Path.Combine(Path.GetTempPath(), $"optout-crash-{RandomNumberGenerator.GetHexString(12, true)}");
    private EmbeddedPostgres _postgres = null!;
    private IHost? _subscriber;

    internal EmbeddedRabbitMq Broker { get; private set; } = null!;

    internal NpgsqlDataSource Database { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Broker = EmbeddedRabbitMq.Start(new EmbeddedRabbitMqOptions(Path.Combine(_home, "rabbitmq")), EmbeddedRabbitMq.FindBinaries()
            ?? throw new InvalidOperationException("These tests need RabbitMQ: apt-get install rabbitmq-server."));
        _postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(Path.Combine(_home, "postgres")), CancellationToken.None);
        var main = new NpgsqlConnectionStringBuilder(_postgres.Connections.Owner).Database;
        Database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_postgres.Connections.Admin) { Database = main }.ConnectionString);
        KeyRing.CreateFile(Path.Combine(_home, "master.json"), TimeProvider.System);
        await using var service = await StartAsync();
        using var made = await service.Http.PutAsJsonAsync("/v1/systems/crm", new
        {
            displayName = "CRM", kind = "internal", owner = "sales-ops", channel = new { type = "rabbitmq" },
            contract = new
            {
                purposes = (string[])["marketing"], channels = (string[])["any"],
                identifiers = (object[])[new { type = "email", form = "plain" }], objectiveSeconds = 5,
            },
        });
        made.EnsureSuccessStatusCode();
        var secret = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;
        await Broker.Ready;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddOptOutSubscriber<Handler>(options => (options.System, options.Secret) = ("crm", secret))
            .FenceInMemory().FromRabbitMq(options => options.Uri = Broker.Uri.ToString());
        _subscriber = builder.Build();
        await _subscriber.StartAsync();
        // RabbitMQ 3.10 forgets the members of a quorum queue that is killed in the first moments of its life.
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscriber is not null)
        {
            await _subscriber.StopAsync();
            _subscriber.Dispose();
        }

        if (Database is not null)
            await Database.DisposeAsync();
        await _postgres.DisposeAsync();
        await Broker.KillAsync();
        await Broker.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>The built service in a process of its own, once it answers.</summary>
    public async Task<ServiceProcess> StartAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OptOut.Service.dll")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = AppContext.BaseDirectory,
        };
        var connections = _postgres.Connections;
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ConnectionStrings__OptOut"] = connections.Service, ["ConnectionStrings__OptOutOwner"] = connections.Owner,
            ["ConnectionStrings__OptOutKeys"] = connections.KeysService, ["ConnectionStrings__OptOutKeysOwner"] = connections.Keys,
            ["RabbitMq__Uri"] = Broker.Uri.ToString(), ["OptOut__MasterKeyFile"] = Path.Combine(_home, "master.json"),
            ["OptOut__BootstrapAdminKey"] = Key, ["OptOut__DataDirectory"] = _home, ["Urls"] = url,
        })
            start.Environment[name] = value;
        var service = new ServiceProcess(Process.Start(start)!, new Uri(url), Key);
        await service.ReadyAsync();
        return service;
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>Every stop that was answered 201 is recorded, and its delivery ends applied.</summary>
    public async Task NothingIsLostAsync(IReadOnlyCollection<Guid> answered)
    {
        Assert.NotEmpty(answered);
        var ids = answered.ToArray();
        Assert.Equal(answered.Count, await ScalarAsync<long>(
            "SELECT count(*) FROM optout.opt_out_version WHERE opt_out_id = ANY ($1) AND version = 1", ids));
        long open = 0;
        await UntilAsync(async () => (open = await ScalarAsync<long>(
            "SELECT count(*) FROM optout.delivery WHERE state <> 'applied'")) == 0, () => $"{open} deliveries are not applied.", TimeSpan.FromSeconds(60));
        Assert.Equal(answered.Count, await ScalarAsync<long>(
            "SELECT count(DISTINCT opt_out_id) FROM optout.delivery WHERE opt_out_id = ANY ($1) AND state = 'applied'", ids));
        Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM optout.open_delivery"));
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> what, TimeSpan patience)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < patience, what());
            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private sealed class Handler : IOptOutHandler
    {
        public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken) =>
            Task.FromResult(HandlingResult.Applied("contacts", AppliedAction.Suppressed, 1));
    }
}

/// <summary>One running service, and callers that press stop until they are told to end.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();

    internal ServiceProcess(Process process, Uri url, string key)
    {
        _process = process;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public HttpClient Http { get; }

    public int ExitCode => _process.ExitCode;

    public async Task ReadyAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            Assert.False(_process.HasExited, $"The service ended: {string.Join('\n', _errors)}");
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(60), "The service does not answer.");
            try
            {
                using var answer = await Http.GetAsync("/health/live");
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                await poll.WaitForNextTickAsync();
            }
        }
    }

    /// <summary>Eight callers; every id that was answered 201. What fails is not tried again.</summary>
    public async Task<List<Guid>> LoadAsync(CancellationToken until)
    {
        var answered = new ConcurrentBag<Guid>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!until.IsCancellationRequested)
            {
                if (await PressAsync() is { } id)
                    answered.Add(id);
                else
                    await Task.Delay(20, CancellationToken.None);
            }
        }, CancellationToken.None)));
        return [.. answered];
    }

    /// <summary>The id of the stop, or null where it was not answered 201.</summary>
    public async Task<Guid?> PressAsync()
    {
        try
        {
            using var answer = await Http.PostAsJsonAsync("/v1/opt-outs", new
            {
                subject = new { identifiers = (object[])[new { type = "email", value = $"p{Guid.CreateVersion7():N}@example.com" }] },
                scope = new { purpose = "marketing" },
            });
            return answer.StatusCode == HttpStatusCode.Created
                ? Guid.Parse((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()![3..])
                : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task SignalAsync(string signal, TimeSpan patience)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var bound = new CancellationTokenSource(patience);
        await _process.WaitForExitAsync(bound.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        Http.Dispose();
        _process.Dispose();
    }
}
