using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;

namespace OptOut.Cli.Witness;

/// <summary>
/// <c>POST /add-checkpoint</c> and <c>GET /health/live</c>, nothing else. One request at a time: what is held must not move
/// between the decision and the cosignature.
/// </summary>
internal sealed class WitnessServer(TrustedLog log, WitnessState state, NoteSigner signer) : IDisposable
{
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task RunAsync(string listen, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(listen);
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = WitnessRequest.MaxBytes;
            options.Limits.MaxConcurrentConnections = 256;
        });
        await using var app = builder.Build();
        app.MapPost("/add-checkpoint", AddAsync);
        app.MapGet("/health/live", () => "ok\n");
        await app.StartAsync(cancellationToken);
        Console.Out.WriteLine($"Witness {signer.Verifier.Name} of {log.Origin} on {app.Urls.First()}");
        Console.Out.WriteLine(signer.Verifier.ToString());
        await app.WaitForShutdownAsync(cancellationToken);
    }

    public void Dispose() => _one.Dispose();

    private async Task AddAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        try
        {
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        }
        catch (BadHttpRequestException)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        await _one.WaitAsync(http.RequestAborted);
        try
        {
            var verdict = WitnessDecision.Decide(log, state.Held, body.GetBuffer().AsSpan(0, (int)body.Length));
            await AnswerAsync(http.Response, verdict);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task AnswerAsync(HttpResponse response, WitnessVerdict verdict)
    {
        switch (verdict)
        {
            case WitnessVerdict.Accepted accepted:
                state.Store(accepted.Note, accepted.Checkpoint);
                var cosigned = SignedNote.Sign(accepted.Note.Text, [signer]);
                response.ContentType = PlainText;
                await response.WriteAsync(cosigned.Signatures[^1] + "\n");
                break;
            case WitnessVerdict.Stale stale:
                response.StatusCode = StatusCodes.Status409Conflict;
                response.ContentType = WitnessRequest.SizeContentType;
                await response.WriteAsync(stale.Size.ToString(CultureInfo.InvariantCulture) + "\n");
                break;
            default:
                response.StatusCode = verdict switch
                {
                    WitnessVerdict.UnknownLog => StatusCodes.Status404NotFound,
                    WitnessVerdict.NotSigned => StatusCodes.Status403Forbidden,
                    WitnessVerdict.NotConsistent => StatusCodes.Status422UnprocessableEntity,
                    _ => StatusCodes.Status400BadRequest,
                };
                break;
        }
    }
}
