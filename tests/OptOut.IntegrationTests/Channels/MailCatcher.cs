using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OptOut.IntegrationTests.Channels;

/// <summary>A message as a real mail server took it.</summary>
internal sealed record CaughtMail(string From, IReadOnlyList<string> To, string Raw)
{
    public string Headers => Raw[..Raw.IndexOf("\r\n\r\n", StringComparison.Ordinal)];

    /// <summary>The text as a person reads it.</summary>
    public string Text => Encoding.UTF8.GetString(Convert.FromBase64String(
        Raw[(Raw.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].ReplaceLineEndings("")));

    public string Header(string name) => Regex.Match(
        Headers, $@"^{Regex.Escape(name)}: (.*?)\r?$(?!\r?\n[ \t])", RegexOptions.Multiline).Groups[1].Value.Trim();

    /// <summary>The path of the confirmation link.</summary>
    public string Link => Regex.Match(Text, @"https://stop\.example\.com(/c/\S+)").Groups[1].Value;
}

/// <summary>A private mail server (aiosmtpd) that writes each message as a line of JSON.</summary>
internal sealed class MailCatcher : IDisposable
{
    // Debian's python, whose packages apt installs; another one on the path may not have them.
    private const string Python = "/usr/bin/python3";

    private const string Server =
        """
        import asyncio, json, os, sys
        from aiosmtpd.controller import Controller
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("unknown@"):
                    return "550 5.1.1 no such mailbox"
                envelope.rcpt_tos.append(address)
                return "250 ok"
            async def handle_DATA(self, server, session, envelope):
                if os.path.exists(sys.argv[2]) and any(to in open(sys.argv[2]).read() for to in envelope.rcpt_tos):
                    await asyncio.sleep(3600)
                print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                    "raw": envelope.original_content.decode("latin-1")}), flush=True)
                return "250 ok"
        controller = Controller(Handler(), hostname="127.0.0.1", port=int(sys.argv[1]))
        controller.start()
        print("ready", flush=True)
        sys.stdin.read()
        """;

    private readonly Process _process;
    private readonly string _silent;

    private MailCatcher(Process process, int port, string silent) => (_process, Port, _silent) = (process, port, silent);

    public int Port { get; }

    public ConcurrentQueue<CaughtMail> Mails { get; } = new();

    public static async Task<MailCatcher> StartAsync()
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        var port = ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var start = new ProcessStartInfo(Python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Server);
        start.ArgumentList.Add(port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var silent = Path.Combine(Path.GetTempPath(), $"optout-silent-{Guid.CreateVersion7():N}");
        start.ArgumentList.Add(silent);
        var process = Process.Start(start)!;
        var first = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.True(first == "ready", $"aiosmtpd did not start: {(first is null ? await process.StandardError.ReadToEndAsync() : first)}");
        var catcher = new MailCatcher(process, port, silent);
        _ = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                var mail = JsonSerializer.Deserialize<JsonElement>(line);
                catcher.Mails.Enqueue(new CaughtMail(mail.GetProperty("from").GetString()!,
                    [.. mail.GetProperty("to").EnumerateArray().Select(to => to.GetString()!)], mail.GetProperty("raw").GetString()!));
            }
        });
        return catcher;
    }

    /// <summary>Takes messages to this address from now on, and never says that it has.</summary>
    public void Silence(string address) => File.AppendAllText(_silent, address + "\n");

    public void Dispose()
    {
        File.Delete(_silent);
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
            _process.Kill();
        _process.Dispose();
    }
}
