using System.Security.Cryptography;
using System.Text;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Recording.Endpoints;

/// <summary><c>POST /v1/opt-outs/{id}/reversals</c>: the subject lifts a stop. Nobody else can.</summary>
internal static class PostReversal
{
    private const int MaxTokenLength = 128;

    /// <summary>What a reversal says about itself.</summary>
    public static readonly ActClaims Claims = new(null, "subject", null, "portal", "page", "subject_reversal", null);

    public static async Task<IResult> HandleAsync(HttpContext http, string id, RecordingWriter writer, LockedReversals locked)
    {
        if (!http.Caller().Has(RoleSet.Portal))
            return RecordingProblems.OverrideForbidden.With();
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId))
            return ProblemKinds.NotFound.With();
        if (!IdempotencyKeyHeader.TryRead(http, out var key, out var keyProblem))
            return keyProblem!;
        if (key is null)
            return ProblemKinds.IdempotencyKeyRequired.With();
        var body = await RequestBody.ReadAsync(http, RecordingJson.Strict.ReversalRequest);
        if (!body.TryGet(out var request, out var problem))
            return problem;
        if (ETags.Expected(http, out var expected) is { } precondition)
            return precondition;
        if (request.Evidence.Type != "token" || request.Evidence.Token.Length is 0 or > MaxTokenLength)
            return RecordingProblems.EvidenceInvalid.With();

        var hash = TokenHash(request.Evidence.Token);
        if (await locked.AskAsync(http, optOutId, expected, hash) is { } waits)
            return waits;
        var command = new ReversalCommand(optOutId, expected, hash, Claims, PostOptOut.ContextOf(http));
        return await writer.SubmitAsync(http, new RecordingWork(
            [command], WorkAnswers.Claim(http, key, body.Raw), outcomes => PostOptOut.Answer(http, outcomes[0])));
    }

    /// <summary>Only the hash of a token is stored, so that a reader of the database cannot lift a stop.</summary>
    public static byte[] TokenHash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
