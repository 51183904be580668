using System.Net;
using System.Net.Sockets;
using System.Text;
using OptOut.Service.Platform.Mail;

namespace OptOut.IntegrationTests.Audit.Findings;

public sealed class MailTests
{
    private static readonly Mail Sample = new("alr_1", "oncall@example.com", "[OptOut critical] delivery_overdue opened: system:crm", "Look.\n");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mail_is_handed_over_with_its_id_and_no_header_but_ours()
    {
        using var server = new SmtpServer("250 taken");

        Assert.Equal(MailOutcome.Sent, await SendAsync(server, Sample));

        Assert.Contains("Message-ID: <alr_1@example.com>", server.Taken, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Auto-Submitted: auto-generated", server.Taken, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("RCPT TO:<oncall@example.com>", server.Taken, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("550 never", MailOutcome.Refused)]
    [InlineData("451 later", MailOutcome.Failed)]
    public async Task What_the_server_says_is_what_is_told(string answer, object outcome)
    {
        using var server = new SmtpServer(answer);
        Assert.Equal((MailOutcome)outcome, await SendAsync(server, Sample));
    }

    [Fact]
    public async Task A_server_that_hangs_costs_no_more_than_the_time_out()
    {
        using var server = new SmtpServer(answer: null);
        var started = TimeProvider.System.GetTimestamp();

        Assert.Equal(MailOutcome.TimedOut, await SendAsync(server, Sample));

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_tried_again_later()
    {
        var server = new SmtpServer("250 taken");
        server.Dispose();
        Assert.Equal(MailOutcome.Failed, await SendAsync(server, Sample));
    }

    [Theory]
    [InlineData("oncall@example.com\r\nBcc: other@example.com", "fine")]
    [InlineData("oncall@example.com", "fine\r\nBcc: other@example.com")]
    [InlineData("oncall@example.com, other@example.com", "fine")]
    public async Task No_value_can_begin_a_header_of_its_own(string to, string subject)
    {
        using var server = new SmtpServer("250 taken");

        await Assert.ThrowsAsync<ArgumentException>(() => SendAsync(server, Sample with { To = to, Subject = subject }));

        Assert.Empty(server.Taken);
    }

    private static Task<MailOutcome> SendAsync(SmtpServer server, Mail mail) =>
        new MailSender(new MailSettings("127.0.0.1", server.Port, "optout@example.com", null, null, Tls: false)
        {
            Timeout = TimeSpan.FromSeconds(2),
        }).SendAsync(mail, Cancellation);

    /// <summary>A server that speaks enough SMTP (RFC 5321) for one mail, and answers its end as a test says; null: never.</summary>
    private sealed class SmtpServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly StringBuilder _taken = new();

        public SmtpServer(string? answer)
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = Task.Run(async () =>
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await SpeakAsync(client, answer);
            });
        }

        public int Port { get; }

        public string Taken => _taken.ToString();

        public void Dispose() => _listener.Dispose();

        private async Task SpeakAsync(TcpClient client, string? answer)
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            await using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 test");
            var inMail = false;
            while (await reader.ReadLineAsync() is { } line)
            {
                _taken.AppendLine(line);
                if (inMail && line != ".") continue;
                if (inMail && answer is null) continue;
                var reply = inMail ? answer! : line.StartsWith("DATA", StringComparison.Ordinal) ? "354 go on"
                    : line.StartsWith("QUIT", StringComparison.Ordinal) ? "221 bye" : "250 ok";
                inMail = reply.StartsWith("354", StringComparison.Ordinal);
                await writer.WriteLineAsync(reply);
            }
        }
    }
}
