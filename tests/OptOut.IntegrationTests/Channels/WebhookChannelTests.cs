using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.IntegrationTests.Channels;

public sealed class WebhookChannelTests
{
    private static readonly WebhookOptions Lenient = new()
    {
        AllowPrivateTargets = true,
        TotalTimeout = TimeSpan.FromSeconds(2),
        ConnectTimeout = TimeSpan.FromSeconds(1),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_receiver_gets_the_body_signed_with_every_live_secret()
    {
        await using var receiver = await Receiver.StartAsync(202);
        var older = WebhookSecret.Generate();
        var delivery = To(receiver.Url);
        delivery = delivery with { Target = delivery.Target with { SigningKeys = [Link.Secret, older] } };

        var first = await SendAsync(delivery);
        await SendAsync(delivery);

        Assert.Equal((AttemptOutcome.Sent, 202, null), (first.Outcome, first.StatusCode, first.Answer));
        Assert.Equal(2, receiver.Requests.Count);
        foreach (var (headers, body, _) in receiver.Requests)
        {
            Assert.Equal(delivery.Body.ToArray(), body);
            Assert.Equal("application/cloudevents+json; charset=utf-8", headers.ContentType);
            Assert.Equal(delivery.TraceParent, headers.TraceParent);
            Assert.Equal($"dlv_{delivery.DeliveryId:N}", headers["webhook-id"]);
            Assert.False(headers.ContainsKey("Cookie"));
            Assert.False(headers.ContainsKey("Accept-Encoding"));
            var signed = new WebhookHeaders(
                headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]);
            foreach (var secret in new[] { Link.Secret, older })
            {
                Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
                    signed, body, [secret], TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5)));
            }
        }
    }

    [Theory]
    [InlineData(200, "sent")]
    [InlineData(202, "sent")]
    [InlineData(204, "sent")]
    [InlineData(301, "redirected")]
    [InlineData(307, "redirected")]
    [InlineData(400, "bad_status")]
    [InlineData(404, "bad_status")]
    [InlineData(410, "gone")]
    [InlineData(429, "too_many_requests")]
    [InlineData(500, "bad_status")]
    [InlineData(503, "bad_status")]
    public async Task Only_2xx_is_success(int status, string outcome)
    {
        await using var receiver = await Receiver.StartAsync(status);

        var result = await SendAsync(To(receiver.Url));

        Assert.Equal((outcome, status), (result.Outcome.ToText(), result.StatusCode));
        Assert.Null(result.Answer);
    }

    [Fact]
    public async Task A_redirect_is_never_followed()
    {
        await using var elsewhere = await Receiver.StartAsync(200);
        await using var receiver = await Receiver.StartAsync(301, ("Location", elsewhere.Url.ToString()));

        var result = await SendAsync(To(receiver.Url));

        Assert.Equal(AttemptOutcome.Redirected, result.Outcome);
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("0", 0)]
    [InlineData("9999999", 86_400)]
    [InlineData("Fri, 31 Dec 1999 23:59:59 GMT", 0)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    public async Task Retry_After_is_read_in_both_forms_and_capped(string value, int? seconds)
    {
        await using var receiver = await Receiver.StartAsync(429, ("Retry-After", value));

        var result = await SendAsync(To(receiver.Url));

        Assert.Equal(seconds, result.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_signed_200_hands_its_bytes_on_as_they_came()
    {
        var body = "{ \"outcome\" :\"applied\"}\n"u8.ToArray();
        await using var receiver = await Receiver.StartAsync(context => AnswerAsync(context, body, withHeaders: true));

        var answer = (await SendAsync(To(receiver.Url))).Answer;

        Assert.NotNull(answer);
        Assert.Equal(body, answer.Body.ToArray());
        Assert.Equal(("msg_1", "1614265330", "v1,abc"),
            (answer.WebhookId, answer.WebhookTimestamp, answer.WebhookSignature));
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(ContractLimits.MaxMessageBytes + 1, true)]
    [InlineData(10_000_000, true)]
    public async Task An_unsigned_or_huge_200_is_a_plain_success(int length, bool withHeaders)
    {
        await using var receiver = await Receiver.StartAsync(
            context => AnswerAsync(context, new byte[length], withHeaders));

        var result = await SendAsync(To(receiver.Url));

        Assert.Equal((AttemptOutcome.Sent, null), (result.Outcome, result.Answer));
    }

    [Fact]
    public async Task A_receiver_that_never_answers_costs_the_time_out_and_no_more()
    {
        var release = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync(_ => release.Task);

        var result = await SendAsync(To(receiver.Url));

        release.SetResult();
        Assert.Equal(AttemptOutcome.TimedOut, result.Outcome);
        Assert.InRange((result.EndedAt - result.StartedAt).TotalSeconds, 1.9, 10);
    }

    [Fact]
    public async Task A_receiver_that_drips_its_headers_is_cut_off()
    {
        using var receiver = new RawReceiver(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
            for (var line = 0; line < 100; line++)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"x-drip-{line}: 1\r\n"));
                await Task.Delay(100);
            }
        });

        Assert.Equal(AttemptOutcome.TimedOut, (await SendAsync(To(receiver.Url))).Outcome);
    }

    [Fact]
    public async Task Headers_without_end_are_not_read()
    {
        using var receiver = new RawReceiver(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
            var line = Encoding.ASCII.GetBytes($"x-flood: {new string('a', 4_000)}\r\n");
            for (var count = 0; count < 10_000; count++)
            {
                await stream.WriteAsync(line);
            }
        });

        Assert.Equal(AttemptOutcome.Unavailable, (await SendAsync(To(receiver.Url))).Outcome);
    }

    [Theory]
    [InlineData("", "unavailable")]
    [InlineData("HTTP/1.1 2", "unavailable")]
    [InlineData("not http at all\r\n\r\n", "unavailable")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 100\r\nwebhook-id: a\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,a\r\n\r\n{", "sent")]
    public async Task A_connection_that_is_cut_says_no_more_than_what_came(string bytes, string outcome)
    {
        using var receiver = new RawReceiver(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(bytes)).AsTask());

        var result = await SendAsync(To(receiver.Url));

        Assert.Equal((outcome, null), (result.Outcome.ToText(), result.Answer));
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var result = await SendAsync(To(new Uri($"http://127.0.0.1:{port}/")));

        Assert.Equal(AttemptOutcome.Unavailable, result.Outcome);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_before_a_byte_is_sent()
    {
        await using var receiver = await Receiver.StartAsync(_ => Task.CompletedTask, tls: true);

        var result = await SendAsync(To(receiver.Url));

        Assert.Equal(AttemptOutcome.TlsFailure, result.Outcome);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task Stopping_leaves_no_result_behind()
    {
        using var receiver = new RawReceiver(_ => Task.Delay(5_000));
        using var stopping = new CancellationTokenSource();
        using var channel = Channel(Lenient);
        var sending = channel.SendAsync([To(receiver.Url)], stopping.Token);
        await Link.UntilAsync(() => receiver.Connections == 1);

        await stopping.CancelAsync();

        Assert.Equal(AttemptOutcome.Interrupted, Assert.Single(await sending).Outcome);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("192.168.0.10")]
    [InlineData("169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("93.184.215.14,127.0.0.1")]
    public async Task A_name_with_one_forbidden_address_is_not_connected_to(string addresses)
    {
        var resolved = 0;
        using var channel = Channel(new WebhookOptions(), (_, _) =>
        {
            resolved++;
            return Task.FromResult(addresses.Split(',').Select(IPAddress.Parse).ToArray());
        });

        var result = Assert.Single(await channel.SendAsync([To(new Uri("https://hooks.example.com/"))], Cancellation));

        Assert.Equal(AttemptOutcome.TargetForbidden, result.Outcome);
        Assert.Equal(1, resolved);
    }

    [Fact]
    public async Task Metadata_stays_out_of_reach_where_private_targets_are_allowed()
    {
        using var channel = Channel(Lenient, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("169.254.169.254")]));

        var result = Assert.Single(await channel.SendAsync([To(new Uri("http://hooks.example.com/"))], Cancellation));

        Assert.Equal(AttemptOutcome.TargetForbidden, result.Outcome);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://localhost/")]
    [InlineData("https://hooks.example.com:8443/")]
    public async Task A_stored_url_that_is_not_allowed_is_not_called(string url)
    {
        using var channel = Channel(new WebhookOptions());

        var result = Assert.Single(await channel.SendAsync([To(new Uri(url))], Cancellation));

        Assert.Equal(AttemptOutcome.TargetForbidden, result.Outcome);
    }

    [Fact]
    public async Task A_name_that_changes_its_address_after_the_check_is_not_asked_a_second_time()
    {
        await using var receiver = await Receiver.StartAsync(200);
        var asked = 0;
        using var channel = Channel(Lenient, (_, _) => Task.FromResult<IPAddress[]>(
            [asked++ == 0 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")]));
        var url = new UriBuilder(receiver.Url) { Host = "rebinding.example.com" }.Uri;

        var result = Assert.Single(await channel.SendAsync([To(url)], Cancellation));

        Assert.Equal((AttemptOutcome.Sent, 1), (result.Outcome, asked));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told_as_that()
    {
        using var channel = Channel(
            Lenient, (_, _) => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)));

        var result = Assert.Single(await channel.SendAsync([To(new Uri("https://gone.example.com/"))], Cancellation));

        Assert.Equal(AttemptOutcome.NameNotResolved, result.Outcome);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] body, bool withHeaders)
    {
        if (withHeaders)
        {
            context.Response.Headers["webhook-id"] = "msg_1";
            context.Response.Headers["webhook-timestamp"] = "1614265330";
            context.Response.Headers["webhook-signature"] = "v1,abc";
        }

        try
        {
            await context.Response.Body.WriteAsync(body);
        }
        catch (OperationCanceledException)
        {
            // The sender has read enough and hung up.
            context.Abort();
        }
    }

    private static async Task<AttemptResult> SendAsync(OutgoingDelivery delivery)
    {
        using var channel = Channel(Lenient);
        return Assert.Single(await channel.SendAsync([delivery], Cancellation));
    }

    private static WebhookChannel Channel(WebhookOptions options, ResolveName? resolve = null) => new(
        options, new TargetPolicy(options.AllowPrivateTargets), resolve ?? Dns.GetHostAddressesAsync, TimeProvider.System);

    private static OutgoingDelivery To(Uri url)
    {
        var delivery = Link.Event("crm");
        return delivery with { Target = delivery.Target with { ChannelType = ChannelTypes.Webhook, Url = url } };
    }
}
