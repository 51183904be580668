using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Privacy;
using OptOut.IntegrationTests.Propagation;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Tls;

/// <summary>Every way in and out can be encrypted and proven by configuration alone, and nothing weaker is taken then.</summary>
public sealed class TlsTests(Servers servers)
{
    private const string OneYear = "max-age=31536000";
    private const byte Alert = 0x15;
    private const byte Handshake = 0x16;
    private const byte ProtocolVersion = 70;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Over_HTTPS_every_answer_carries_HSTS_and_nobody_is_redirected_from_HTTP()
    {
        using var authority = new TestAuthority();
        await using var service = await StartAsync(authority, "--Urls=https://127.0.0.1:0;http://127.0.0.1:0");
        using var client = authority.NewClient();
        var (secure, plain) = (Url(service, "https"), Url(service, "http"));

        foreach (var (path, status) in ((string, int)[])[("health/live", 200), ("nowhere", 404), ("v1/systems", 401)])
        {
            using var secured = await client.GetAsync(new Uri(secure, path), Cancellation);
            using var unsecured = await client.GetAsync(new Uri(plain, path), Cancellation);

            Assert.Equal((status, status), ((int)secured.StatusCode, (int)unsecured.StatusCode));
            Assert.Equal([OneYear], secured.Headers.GetValues("Strict-Transport-Security"));
            Assert.False(unsecured.Headers.Contains("Strict-Transport-Security"));
            Assert.Null(unsecured.Headers.Location);
        }

        using var stranger = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync(new Uri(secure, "health/live"), Cancellation));
    }

    [Fact]
    public async Task A_client_that_offers_less_than_TLS_1_2_is_told_so_and_configuration_can_ask_for_more()
    {
        using var authority = new TestAuthority();
        await using (var service = await StartAsync(authority, "--Urls=https://127.0.0.1:0"))
        {
            var url = Url(service, "https");
            foreach (var version in (byte[])[0x01, 0x02])
                Assert.Equal((Alert, ProtocolVersion), await HelloAsync(url, version));
            Assert.Equal(Handshake, (await HelloAsync(url, 0x03)).Type);
        }

        await using var stricter = await StartAsync(
            authority, "--Kestrel:Endpoints:Https:Url=https://127.0.0.1:0",
            "--Kestrel:Endpoints:Https:SslProtocols:0=Tls13");
        Assert.Equal((Alert, ProtocolVersion), await HelloAsync(Url(stricter, "https"), 0x03));
    }

    [Fact]
    public async Task A_broker_whose_certificate_nobody_vouches_for_is_not_spoken_to()
    {
        using var authority = new TestAuthority();
        var vhost = await servers.CreateVhostAsync();
        await using var front = new TlsFront(vhost.Port, authority.Server);
        await using var link = await Link.StartAsync(Secured(vhost, front));

        await Link.UntilAsync(() => front.Refused > 0);

        Assert.Null(link.State.Connection);
        Assert.Equal(0, front.Opened);
    }

    [Fact]
    public async Task A_database_that_proves_itself_with_another_authority_is_refused()
    {
        using var authority = new TestAuthority();
        using var another = new TestAuthority();
        await using var postgres = await PrivatePostgres.StartAsync();
        await UseTlsAsync(postgres.Databases.Admin, authority);

        Assert.Equal(true, await IsEncryptedAsync(Verified(postgres.Databases.Service, authority)));
        await Assert.ThrowsAnyAsync<NpgsqlException>(
            () => IsEncryptedAsync(Verified(postgres.Databases.Service, another)));
    }

    /// <summary>The built program, which trusts what its environment says, with both servers behind TLS.</summary>
    [Fact]
    public async Task With_a_known_authority_the_whole_way_goes_through_verified_connections()
    {
        using var authority = new TestAuthority();
        await using var postgres = await PrivatePostgres.StartAsync();
        await UseTlsAsync(postgres.Databases.Admin, authority);
        var vhost = await servers.CreateVhostAsync();
        await using var front = new TlsFront(vhost.Port, authority.Server);
        var plain = postgres.Databases;
        await using var service = await BuiltService.StartAsync(
            plain with
            {
                Owner = Verified(plain.Owner, authority), Service = Verified(plain.Service, authority),
                Keys = Verified(plain.Keys, authority), KeysService = Verified(plain.KeysService, authority),
            },
            Secured(vhost, front),
            ("SSL_CERT_FILE", authority.RootFile));

        using var made = await service.Http.PutAsJsonAsync("/v1/systems/crm", new
        {
            displayName = "CRM", kind = "internal", owner = "somebody", channel = new { type = "rabbitmq" },
            contract = new
            {
                purposes = (string[])["marketing"], channels = (string[])["any"],
                identifiers = (object[])[new { type = "email", form = "plain" }], objectiveSeconds = 60,
            },
        }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var stop = await service.Http.PostAsJsonAsync(
            "/v1/opt-outs", Running.Stop("marketing", ("email", Running.NewEmail())), Cancellation);
        var id = (await stop.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).Id();
        await Running.UntilAsync(async () => (await service.Http.GetFromJsonAsync<JsonElement>(
            $"/v1/opt-outs/{id}/propagation", Cancellation)).GetProperty("systems")[0].GetProperty("state").GetString() == "sent", "never sent");

        // Publishing, and the intake of acknowledgements.
        await Running.UntilAsync(() => Task.FromResult(front.Opened >= 2), "The intake did not connect.");
        await using var database = NpgsqlDataSource.Create(plain.Admin);
        await using var unencrypted = database.CreateCommand(
            """
            SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
            WHERE a.usename LIKE 'optout_service' AND NOT s.ssl
            """);
        Assert.Equal(0L, await unencrypted.ExecuteScalarAsync(Cancellation));
    }

    private Task<RunningService> StartAsync(TestAuthority authority, params string[] settings) =>
        RunningService.StartAsync(servers,
        [
            $"--Kestrel:Certificates:Default:Path={authority.CertificateFile}",
            $"--Kestrel:Certificates:Default:KeyPath={authority.KeyFile}", .. settings,
        ]);

    private static Uri Url(RunningService service, string scheme) =>
        new(service.App.Urls.Single(url => url.StartsWith(scheme + "://", StringComparison.Ordinal)));

    private static Uri Secured(Uri broker, TlsFront front) =>
        new UriBuilder(broker) { Scheme = "amqps", Host = "localhost", Port = front.Port }.Uri;

    private static string Verified(string connectionString, TestAuthority authority) =>
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "localhost", SslMode = SslMode.VerifyFull, RootCertificate = authority.RootFile, Pooling = true,
        }.ConnectionString;

    private static async Task<object?> IsEncryptedAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        return await command.ExecuteScalarAsync(Cancellation);
    }

    /// <summary>The server writes its key itself, so that it is its own and nobody else's.</summary>
    private static async Task UseTlsAsync(string admin, TestAuthority authority)
    {
        await using var database = NpgsqlDataSource.Create(admin);
        foreach (var (file, name) in ((string, string)[])[(authority.KeyFile, "server.key"), (authority.CertificateFile, "server.crt")])
        {
            var lines = await File.ReadAllTextAsync(file, Cancellation);
            await using var copy = database.CreateCommand(
                $"COPY (SELECT unnest(string_to_array('{lines}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'");
            await copy.ExecuteNonQueryAsync(Cancellation);
        }

        foreach (var statement in (string[])["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"])
        {
            await using var command = database.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await Running.UntilAsync(async () =>
        {
            await using var asked = new NpgsqlConnection(admin + ";Pooling=false");
            await asked.OpenAsync(Cancellation);
            await using var shown = new NpgsqlCommand("SHOW ssl", asked);
            return await shown.ExecuteScalarAsync(Cancellation) is "on";
        }, "The server does not use its certificate.");
    }

    /// <summary>A hello of that version and no newer one: what the server's first record is, and an alert's description.</summary>
    private static async Task<(byte Type, byte Description)> HelloAsync(Uri url, byte minor)
    {
        byte[] suites = [0xC0, 0x2B, 0xC0, 0x2C, 0xC0, 0x09, 0xC0, 0x0A, 0xC0, 0x13, 0x00, 0x2F];
        byte[] extensions =
        [
            0x00, 0x0A, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17, // supported groups: P-256
            0x00, 0x0B, 0x00, 0x02, 0x01, 0x00, // uncompressed points
            0x00, 0x0D, 0x00, 0x06, 0x00, 0x04, 0x04, 0x03, 0x04, 0x01, // ECDSA and RSA with SHA-256
        ];
        byte[] body =
        [
            0x03, minor, .. new byte[32], 0x00, 0x00, (byte)suites.Length, .. suites, 0x01, 0x00,
            0x00, (byte)extensions.Length, .. extensions,
        ];
        byte[] message = [0x01, 0x00, 0x00, (byte)body.Length, .. body];
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, url.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync((byte[])[Handshake, 0x03, 0x01, 0x00, (byte)message.Length, .. message], Cancellation);
        var answer = new byte[7];
        await stream.ReadExactlyAsync(answer, Cancellation);
        return (answer[0], answer[6]);
    }
}
