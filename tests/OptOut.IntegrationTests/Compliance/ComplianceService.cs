using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Portal;
using OptOut.IntegrationTests.Propagation;

namespace OptOut.IntegrationTests.Compliance;

/// <summary>One service with every channel, its log kept, calls bounded to two seconds so that silence costs little.</summary>
public sealed class ComplianceService(Servers servers) : IAsyncLifetime
{
    private const string Acme =
        """
        name: acme
        title: Acme
        documentation: https://acme.example/docs
        endpoint: { url: https://api.acme.example }
        identifiers: [email]
        secrets: [apiKey]
        authentication: { type: bearer, token: '{{secrets.apiKey}}' }
        rate: { requests: 1000, seconds: 1 }
        stop:
          request: { method: POST, path: /stops, headers: { X-Delivery: '{{delivery.id}}' }, json: { email: '{{identifier.value}}', version: '{{version | number}}' } }
          outcomes: [ { status: 200, path: $.state, equals: stopped, is: applied } ]
        lift:
          request: { method: POST, path: /lifts, headers: { X-Delivery: '{{delivery.id}}' }, json: { email: '{{identifier.value}}', version: '{{version | number}}' } }
          outcomes: [ { status: 200, path: $.state, equals: lifted, is: applied } ]
        """;

    public const string VendorToken = "a-token-that-only-acme-may-see";

    private readonly string _directory = Servers.NewDirectory();

    internal Running Service { get; private set; } = null!;

    internal MailCatcher Mail { get; private set; } = null!;

    internal CapturedLog Log { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Mail = await MailCatcher.StartAsync();
        Directory.CreateDirectory(_directory);
        await File.WriteAllTextAsync(Path.Combine(_directory, "acme.yaml"), Acme);
        await File.WriteAllTextAsync(Path.Combine(_directory, "connector_acme"), VendorToken);
        Service = await Running.StartAsync(servers, await servers.CreateVhostAsync(), log: Log.Provider(), settings:
        [
            $"--OptOut:ConnectorDirectory={_directory}", $"--OptOut:SecretsDirectory={_directory}", "--OptOut:CallTimeoutSeconds=2",
            "--OptOut:Smtp:Host=127.0.0.1", $"--OptOut:Smtp:Port={Mail.Port}", "--OptOut:Smtp:From=optout@example.org",
            "--OptOut:Smtp:Tls=false", "--Logging:LogLevel:Default=Debug",
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Mail.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

[CollectionDefinition(Name)]
public sealed class ComplianceGroup : ICollectionFixture<ComplianceService>
{
    public const string Name = "compliance";
}
