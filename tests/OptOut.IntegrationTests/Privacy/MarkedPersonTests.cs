using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Npgsql;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Portal;
using OptOut.IntegrationTests.Propagation;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Privacy;

/// <summary>One run of the whole way, with faults, and a search of all that it leaves.</summary>
public sealed class MarkedPersonTests(Servers servers)
{
    private const string Email = "Zq7Marked.Person+tag@Example.com";
    private const string Phone = "+4915198765432";
    private const string User = "ZQ7-USER-MARK";

    /// <summary>What must be nowhere: parts that no form of writing changes, and hashes that anybody could compute.</summary>
    private static readonly string[] Marks =
    [
        "zq7marked", "15198765432", "zq7-user-mark",
        Sha256("zq7marked.person+tag@example.com"), Sha256("zq7marked.person@example.com"), Sha256(Phone), Sha256(User),
    ];

    private readonly ConcurrentQueue<string> _problems = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_marked_person_is_in_no_log_trace_metric_header_address_problem_or_table()
    {
        var databases = await servers.CreateDatabaseAsync();
        var broker = await servers.CreateVhostAsync();
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            // An error page that repeats what it was sent.
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync(Email + Phone + User);
        });
        await using var service = await BuiltService.StartAsync(databases, broker);
        var secret = WebhookSecret.Parse(await RegisterAsync(service, "crm", new { type = "rabbitmq" }));
        await RegisterAsync(service, "mailer", new { type = "webhook", url = receiver.Url });

        var stop = await SendAsync(service, HttpMethod.Post, "/v1/opt-outs", Stop(Email));
        Assert.Equal(201, stop.Status);
        await BadRequestsAsync(service);
        var (told, headers) = await TakeAsync(broker);
        Assert.Contains(told.Data.Identifiers, one => one.Value.Contains("zq7marked", StringComparison.Ordinal));
        await AcknowledgeBadlyAsync(broker, secret, told);
        await CutDatabaseAsync(service, databases);
        await Running.UntilAsync(() => Task.FromResult(receiver.Requests.Count >= 2), "The webhook was not tried again.");
        await AcknowledgeAsync(broker, secret, Downstream.Word(told));
        var optOut = stop.Body.GetProperty("id").GetString();
        await Running.UntilAsync(async () => (await SendAsync(service, HttpMethod.Get, $"/v1/opt-outs/{optOut}/propagation")).Body
            .GetProperty("systems").EnumerateArray().Any(one => one.GetProperty("state").GetString() == "applied"), "never applied");
        await service.StopAsync();

        Clean("log", string.Join('\n', service.Said));
        Assert.Contains(service.Said, line => line.Contains("\"level\":\"debug\"", StringComparison.Ordinal));
        foreach (var signal in (string[])["/v1/traces", "/v1/metrics"])
        {
            var exported = service.Exported.Where(one => one.Path == signal).ToList();
            Assert.NotEmpty(exported);
            exported.ForEach(one => Clean(signal, Encoding.UTF8.GetString(one.Bytes)));
        }

        Assert.Contains(service.Exported, one => Encoding.UTF8.GetString(one.Bytes).Contains("optout.acknowledge", StringComparison.Ordinal));
        Clean("headers", headers);
        Clean("queues", string.Join(' ', await servers.NamesAsync(broker, "queues")));
        Assert.True(_problems.Count >= 10, $"Only {_problems.Count} problems were provoked.");
        Clean("problems", string.Join('\n', _problems));
        Assert.All(receiver.Requests, request =>
        {
            Assert.Equal("/hook", request.Path);
            Clean("webhook headers", string.Join('\n', request.Headers.Select(header => header.Key + header.Value)));
        });
        await CleanTablesAsync(databases);
    }

    [Theory]
    [InlineData("zq7marked")]
    [InlineData("3abc15198765432")]
    public void The_search_itself_finds_what_it_should(string text) =>
        Assert.ThrowsAny<Exception>(() => Clean("a planted leak", text));

    private async Task BadRequestsAsync(BuiltService service)
    {
        string[] bodies =
        [
            $"{{ \"subject\": {Email}", $$"""{ "subject": "{{Email}}" }""", $$"""{ "{{Email}}": 1 }""",
            $$"""{ "subject": { "identifiers": [ { "type": "{{Email}}", "value": "{{Phone}}" } ] }, "scope": { "purpose": "marketing" } }""",
            $$"""{ "subject": { "identifiers": [ { "type": "email", "value": "{{Email}}\u0000" } ] }, "scope": { "purpose": "marketing" } }""",
            $$"""{ "subject": { "identifiers": [ { "type": "phone", "value": "{{Phone}}-x" } ] }, "scope": { "purpose": "marketing" } }""",
            $$"""{ "subject": { "id": "{{Email}}" }, "scope": { "purpose": "{{User}}" }, "occurredAt": "{{Phone}}" }""",
            $$"""{ "subject": { "identifiers": [ { "type": "email", "value": "{{Email}}", "value": "{{User}}" } ] }, "scope": { "purpose": "marketing" } }""",
        ];
        foreach (var body in bodies)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await service.Http.PostAsync("/v1/opt-outs", content, Cancellation);
            Assert.InRange((int)answer.StatusCode, 400, 499);
            _problems.Enqueue(await answer.Content.ReadAsStringAsync(Cancellation));
        }

        foreach (var path in (string[])
            [
                $"/v1/opt-outs/{Uri.EscapeDataString(Email)}", $"/v1/deliveries?system={Uri.EscapeDataString(Email)}&state={User}",
                $"/o/{User}", $"/{User}?email={Uri.EscapeDataString(Email)}", $"/v1/systems/{User}",
            ])
            await SendAsync(service, HttpMethod.Get, path);
        await SendAsync(service, HttpMethod.Post, "/v1/subjects/lookup", new { identifier = new { type = "email", value = "un" + Email } });
        var link = await SendAsync(service, HttpMethod.Post, "/v1/links", new
        {
            subject = new { identifiers = (object[])[new { type = "email", value = Email }] },
            scope = new { purpose = "marketing", channel = "email" }, action = "stop",
        });
        Clean("link", link.Body.ToString());
        await SendAsync(service, HttpMethod.Get, "/o/" + link.Body.GetProperty("token").GetString());
    }

    private async Task CutDatabaseAsync(BuiltService service, TestDatabases databases)
    {
        await using (await Outage.StartAsync(databases))
        {
            var (status, _) = await SendAsync(service, HttpMethod.Post, "/v1/opt-outs", Stop("other." + Email));
            Assert.Equal(503, status);
            await SendAsync(service, HttpMethod.Post, "/v1/subjects/lookup", new { identifier = new { type = "phone", value = Phone } });
        }

        NpgsqlConnection.ClearAllPools();
        await Running.UntilAsync(
            async () => (await SendAsync(service, HttpMethod.Post, "/v1/opt-outs", Stop(Email))).Status == 200, "It did not recover.");
    }

    private static async Task AcknowledgeBadlyAsync(Uri broker, WebhookSecret secret, OptOutEvent told)
    {
        await AcknowledgeAsync(broker, secret, Downstream.Word(told, AcknowledgementOutcome.Failed, $"cannot find {Email} or {Phone}"));
        await AcknowledgeAsync(broker, WebhookSecret.Generate(), Downstream.Word(told, AcknowledgementOutcome.Refused, Email));
        await AcknowledgeAsync(broker, secret, Encoding.UTF8.GetBytes($"no json but {Email} {Phone} {User}"), Email);
        await AcknowledgeAsync(broker, secret, Downstream.Word(told, AcknowledgementOutcome.Failed) with
        {
            Actions = [new AcknowledgementAction { Asset = Email, Action = AppliedAction.None, Method = Phone }],
        });
    }

    private static Task AcknowledgeAsync(Uri broker, WebhookSecret secret, Acknowledgement word) =>
        AcknowledgeAsync(broker, secret, word.ToUtf8Bytes(), $"msg_{Guid.CreateVersion7():N}");

    private static async Task AcknowledgeAsync(Uri broker, WebhookSecret secret, byte[] body, string id)
    {
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
        var signed = StandardWebhooks.SignAll([secret], id, TimeProvider.System.GetUtcNow(), body);
        await channel.BasicPublishAsync(BrokerNames.AcknowledgementsExchange, "crm", mandatory: true, new BasicProperties
        {
            Headers = new Dictionary<string, object?>
            {
                [WebhookHeaders.IdName] = signed.Id, [WebhookHeaders.TimestampName] = signed.Timestamp,
                [WebhookHeaders.SignatureName] = signed.Signature,
            },
        }, body, Cancellation);
    }

    private static async Task<(OptOutEvent Told, string Headers)> TakeAsync(Uri broker)
    {
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        BasicGetResult? got = null;
        await Running.UntilAsync(
            async () => (got = await channel.BasicGetAsync(BrokerNames.Queue("crm"), true, Cancellation)) is not null, "No event came.");
        var properties = got!.BasicProperties;
        var headers = string.Join('\n', properties.Headers!.Select(
            header => $"{header.Key} {(header.Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : header.Value)}"));
        return (OptOutEvent.TryParse(got.Body.Span)!, string.Join('\n', headers, got.RoutingKey, got.Exchange, properties.MessageId,
            properties.CorrelationId, properties.Type, properties.AppId, properties.UserId, properties.ReplyTo, properties.ContentType));
    }

    private async Task<(int Status, JsonElement Body)> SendAsync(BuiltService service, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await service.Http.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        if (!answer.IsSuccessStatusCode)
            _problems.Enqueue(text);
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonSerializer.Deserialize<JsonElement>(text) : default);
    }

    private async Task<string> RegisterAsync(BuiltService service, string name, object channel)
    {
        var (status, body) = await SendAsync(service, HttpMethod.Put, $"/v1/systems/{name}", new
        {
            displayName = name, kind = "internal", owner = "somebody", channel,
            contract = new
            {
                purposes = (string[])["marketing"], channels = (string[])["any"], objectiveSeconds = 60,
                identifiers = (object[])[new { type = "email", form = "plain" }, new { type = "phone", form = "plain" }, new { type = "user_id", form = "plain" }],
            },
        });
        Assert.Equal(201, status);
        return body.GetProperty("secret").GetString()!;
    }

    private static object Stop(string email) => Running.Stop("marketing", ("email", email), ("phone", Phone), ("user_id", User));

    /// <summary>Every table of both databases, evidence and ledger too; byte columns are searched as the dump writes them.</summary>
    private static async Task CleanTablesAsync(TestDatabases databases)
    {
        foreach (var connection in (string[])[databases.Admin, databases.Keys])
        {
            var to = new NpgsqlConnectionStringBuilder(connection);
            var start = new ProcessStartInfo("pg_dump",
                ["--host", to.Host!, "--port", $"{to.Port}", "--username", to.Username!, "--data-only", to.Database!])
            {
                RedirectStandardOutput = true,
            };
            start.Environment["PGPASSWORD"] = to.Password ?? "";
            using var dump = Process.Start(start)!;
            var text = await dump.StandardOutput.ReadToEndAsync(Cancellation);
            await dump.WaitForExitAsync(Cancellation);
            Assert.Equal(0, dump.ExitCode);
            Assert.Contains(connection == databases.Admin ? "COPY optout.opt_out_version" : "COPY ", text, StringComparison.Ordinal);
            Clean("tables", text);
            foreach (var mark in (string[])["zq7marked", "Zq7Marked", "15198765432", "ZQ7-USER-MARK", "zq7-user-mark"])
                Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(mark)), text, StringComparison.Ordinal);
        }
    }

    private static void Clean(string where, string text)
    {
        foreach (var mark in Marks)
        {
            var at = text.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
            Assert.True(at < 0, at < 0 ? "" : $"{where}: …{text[Math.Max(0, at - 300)..Math.Min(text.Length, at + 100)]}…");
        }
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
