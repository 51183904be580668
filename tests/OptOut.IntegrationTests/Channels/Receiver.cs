using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OptOut.IntegrationTests.Channels;

/// <summary>A receiver of webhooks on loopback that answers as a test says, and keeps what it was sent.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _application;

    private Receiver(WebApplication application) => _application = application;

    public ConcurrentQueue<(IHeaderDictionary Headers, byte[] Body, string Path)> Requests { get; } = new();

    /// <summary>Method and target of each request, as they stood on the wire.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    public Uri Url => new(_application.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal) + "/hook");

    public static async Task<Receiver> StartAsync(Func<HttpContext, Task> answer, bool tls = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        using var certificate = tls ? SelfSigned() : null;
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        if (tls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var receiver = new Receiver(builder.Build());
        receiver._application.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            receiver.Requests.Enqueue((new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray(), context.Request.Path));
            receiver.Lines.Enqueue($"{context.Request.Method} {context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget}");
            await answer(context);
        });
        await receiver._application.StartAsync();
        return receiver;
    }

    public static Task<Receiver> StartAsync(int status, params (string Name, string Value)[] headers) =>
        StartAsync(context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                context.Response.Headers[name] = value;
            }

            return Task.CompletedTask;
        });

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _application.StopAsync(now.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await _application.DisposeAsync();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), password: null);
    }
}

/// <summary>A receiver that speaks in bytes: for what no proper server would do.</summary>
internal sealed class RawReceiver : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _connections;

    public RawReceiver(Func<NetworkStream, Task> speak)
    {
        _listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _connections);
                await using var stream = client.GetStream();
                var request = new byte[8_192];
                _ = await stream.ReadAsync(request);
                try
                {
                    await speak(stream);
                }
                catch (IOException)
                {
                    // The caller hung up, as it should.
                    continue;
                }
            }
        });
    }

    public int Connections => _connections;

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook");

    public void Dispose() => _listener.Dispose();
}
