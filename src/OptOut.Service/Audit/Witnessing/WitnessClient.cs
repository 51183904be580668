using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using OptOut.Ledger.Notes;

namespace OptOut.Service.Audit.Witnessing;

/// <summary>Speaks C2SP tlog-witness to one witness. What it answers is believed only with its signature.</summary>
internal sealed class WitnessClient(HttpClient http)
{
    /// <summary>One witness must not hold up the next.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private const int MaxAnswerBytes = 16 * 1024;

    /// <summary>Never throws on a bad answer.</summary>
    public async Task<WitnessAnswer> AskAsync(
        WitnessSetting witness, WitnessRequest request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(witness.Url, "add-checkpoint"));
            message.Content = new ByteArrayContent(request.ToBytes());
            using var answer = await http.SendAsync(message, limit.Token);
            var body = await answer.Content.ReadAsStringAsync(limit.Token);
            return (int)answer.StatusCode switch
            {
                200 => Check(witness, request, body),
                409 when IsSize(answer.Content.Headers.ContentType) => ReadSize(body),
                409 or 422 => new WitnessAnswer.Differs(),
                var status => new WitnessAnswer.Unusable($"status_{status}"),
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new WitnessAnswer.Unusable("unreachable");
        }
    }

    public static HttpClient NewHttp() => new(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
    {
        Timeout = Timeout,
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    private static WitnessAnswer Check(WitnessSetting witness, WitnessRequest request, string body)
    {
        try
        {
            var signed = SignedNote.Parse(request.Checkpoint);
            var cosigned = signed.WithLines(body);
            var check = cosigned.Check([witness.Verifier]);
            return check is { Verdict: NoteVerdict.Verified, Verified: [{ } line, ..] }
                ? new WitnessAnswer.Cosigned(line + "\n")
                : new WitnessAnswer.Unusable("signature_invalid");
        }
        catch (FormatException)
        {
            return new WitnessAnswer.Unusable("answer_malformed");
        }
    }

    private static bool IsSize(MediaTypeHeaderValue? type) => type?.MediaType == WitnessRequest.SizeContentType;

    private static WitnessAnswer ReadSize(string body) =>
        body.EndsWith('\n')
        && long.TryParse(body.AsSpan(0, body.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? new WitnessAnswer.Holds(size)
            : new WitnessAnswer.Unusable("answer_malformed");
}
