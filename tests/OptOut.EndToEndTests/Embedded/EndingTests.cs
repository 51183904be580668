using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OptOut.Service.Platform.Embedded;

namespace OptOut.EndToEndTests.Embedded;

/// <summary>The built service in embedded mode, ended kindly and unkindly.</summary>
public sealed class EndingTests : ServerHome
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task No_server_outlives_the_service_however_it_ends(string signal)
    {
        using var service = await StartAsync();
        Assert.True(ServerProcesses.WorkingBelow(Home).Count > 1, "The servers should be at work in the data directory.");

        await SendAsync(signal, service.Id);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(EndPatience);
        await service.WaitForExitAsync(patience.Token);

        Assert.True(
            await ServerProcesses.GoneAsync(Home, EndPatience, Cancellation),
            $"Still at work: {string.Join(' ', ServerProcesses.WorkingBelow(Home))}");
    }

    [Fact]
    public async Task A_service_that_was_killed_can_be_started_again_at_once()
    {
        using (var first = await StartAsync())
        {
            await SendAsync("KILL", first.Id);
            await first.WaitForExitAsync(Cancellation);
        }

        using var second = await StartAsync();

        await SendAsync("TERM", second.Id);
        await second.WaitForExitAsync(Cancellation);
        Assert.True(await ServerProcesses.GoneAsync(Home, EndPatience, Cancellation));
    }

    /// <summary>Until it answers, with its servers in this test's directory.</summary>
    private async Task<Process> StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OptOut.Service.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(
            name => name.Contains("__", StringComparison.Ordinal) || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["OPTOUT_EMBEDDED"] = "1";
        start.Environment["OptOut__DataDirectory"] = Home;
        start.Environment["Urls"] = "http://127.0.0.1:0";

        var service = Process.Start(start)!;
        var said = new List<string>();
        service.OutputDataReceived += (_, line) => { lock (said) said.Add(line.Data ?? ""); };
        service.ErrorDataReceived += (_, line) => { lock (said) said.Add(line.Data ?? ""); };
        service.BeginOutputReadLine();
        service.BeginErrorReadLine();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(StartPatience);
        while (!IsUp(service.Id))
        {
            lock (said)
                Assert.False(service.HasExited, $"The service ended:\n{string.Join('\n', said)}");
            await Task.Delay(50, patience.Token);
        }

        return service;
    }

    /// <summary>The address file is written once the database answers; a process id tells whose it is.</summary>
    private bool IsUp(int serviceId)
    {
        var file = Path.Combine(Home, EmbeddedServers.AddressFile);
        if (!File.Exists(file))
            return false;
        using var addresses = JsonDocument.Parse(File.ReadAllBytes(file));
        return addresses.RootElement.GetProperty("processId").GetInt32() == serviceId;
    }

    private static async Task SendAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [$"-{signal}", processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Cancellation);
    }
}
