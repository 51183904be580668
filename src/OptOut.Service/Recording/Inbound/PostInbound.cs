using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Contracts;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;
using OptOut.Service.Systems;

namespace OptOut.Service.Recording.Inbound;

/// <summary>
/// <c>POST /v1/systems/{name}/inbound</c>: a vendor's own stops, signed with its secret. They are recorded like any other
/// and told to every other system; the vendor itself has said already that it holds them.
/// </summary>
internal static class PostInbound
{
    public const int MaxItems = 100;

    public const string Example =
        """
        { "items": [ { "subject": { "identifiers": [ { "type": "email", "value": "ada@example.com" } ] },
          "scope": { "purpose": "marketing", "channel": "email" }, "reason": { "code": "unsubscribed" },
          "occurredAt": "2026-11-20T15:00:00.000Z" } ] }
        """;

    public const string Answered =
        """{ "items": [ { "status": 201, "id": "oo_01998a6f0c2e7d5b9a3f4e21c0d7b865", "version": 1 } ] }""";

    private const string Operation = "POST inbound";
    private const string VendorMethod = "vendor";

    public static async Task<IResult> HandleAsync(
        HttpContext http, string name, SystemDirectory systems, AcknowledgementRecorder recorder, RecordRequestReader reader,
        RecordingWriter writer, TimeProvider clock)
    {
        var batch = await RequestBody.ReadItemsAsync(http, RecordingJson.Strict.InboundStop, MaxItems);
        // An unknown name is answered like a wrong signature: the route is open, and says nothing about who is registered.
        if ((await systems.FreshAsync(http.RequestAborted)).ByName.GetValueOrDefault(name) is not { } system)
            return PostAcknowledgements.SignatureInvalid.With();
        var message = new SignedMessage(batch.Raw, HeadersOf(http), http.Request.Headers.TraceParent);
        var word = new OriginWord(
            system.Id, system.Name, Redaction.OfMessageId(message.Headers.Id), SHA256.HashData(batch.Raw.Span));
        if (AcknowledgementVerifier.SignatureFault(
            message, system, clock.GetUtcNow(), ContractLimits.SignatureTolerance) is { } fault)
        {
            await recorder.StoreAsync([new AcknowledgementClaim
            {
                Source = AcknowledgementSources.Inbound, BodyHash = word.BodyHash, System = system, Rejection = fault,
            }], http.RequestAborted);
            return PostAcknowledgements.SignatureInvalid.With();
        }

        if (batch.Problem is not null)
            return batch.Problem;
        if (system.IsRetired)
            return SystemProblems.Retired.With();
        var (commands, refused) = await ReadAsync(http, batch, system, word, reader);
        // The sender's id of the message: the same message again gets the same answer and does nothing.
        var claim = new IdempotencyClaim("system:" + system.Name, Operation, word.MessageId, word.BodyHash);
        return await writer.SubmitAsync(
            http, new RecordingWork(commands, claim, outcomes => Compose(http, refused, outcomes)));
    }

    private static async Task<(List<RecordingCommand> Commands, Problem?[] Refused)> ReadAsync(
        HttpContext http, Batch<InboundStop> batch, DownstreamSystem system, OriginWord word, RecordRequestReader reader)
    {
        var context = new RecordingContext("system:" + system.Name, Activity.Current?.Id);
        var refused = new Problem?[batch.Items.Count];
        var commands = new List<RecordingCommand>(batch.Items.Count);
        for (var i = 0; i < batch.Items.Count; i++)
        {
            if (!batch.Items[i].TryGet(out var stop, out refused[i]))
                continue;
            if (stop.Subject.Id is not null)
            {
                refused[i] = ProblemKinds.ValidationFailed.At("/subject/id", "not_allowed", "Name the person by identifiers.");
                continue;
            }

            var (command, problem) = await reader.ReadAsync(
                new RecordRequest(stop.Subject, stop.Scope, new ActorRequest("subject"), new OriginRequest(system.Name, VendorMethod),
                    stop.Reason, OccurredAt: stop.OccurredAt),
                system.Name, context, http.RequestAborted);
            refused[i] = problem ?? (IsWithin(system.Contract, command!.Scope) ? null : ProblemKinds.ValidationFailed.At(
                "/scope", "scope_foreign", "A system stops only what its own contract names."));
            if (refused[i] is null)
                commands.Add(command! with { Origin = word });
        }

        return (commands, refused);
    }

    // Its secret alone must not be enough to stop what it has nothing to do with.
    private static bool IsWithin(SystemContract contract, Scope scope) =>
        contract.Purposes.Any(purpose => contract.Channels.Any(
            channel => ScopeRules.Covers(new Scope(purpose, channel), scope)));

    private static RecordingAnswer Compose(HttpContext http, Problem?[] refused, IReadOnlyList<RecordingOutcome> outcomes)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            var next = 0;
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var refusal in refused)
            {
                var outcome = refusal is null ? outcomes[next++] : null;
                var problem = refusal ?? (outcome is RefusedOutcome one ? RecordingProblems.Of(one) : null);
                json.WriteStartObject();
                if (problem is null && outcome is RecordedOutcome recorded)
                {
                    json.WriteNumber("status"u8, recorded.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
                    json.WriteString("id"u8, PublicId.Format(PublicId.OptOut, recorded.Record.OptOutId));
                    json.WriteNumber("version"u8, recorded.Record.Version);
                }
                else
                {
                    var answer = WorkAnswers.Of(http, problem ?? ProblemKinds.Conflict.With());
                    json.WriteNumber("status"u8, answer.Status);
                    json.WritePropertyName("problem"u8);
                    json.WriteRawValue(answer.Body, skipInputValidation: true);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new RecordingAnswer(StatusCodes.Status207MultiStatus, buffer.ToArray());
    }

    private static WebhookHeaders HeadersOf(HttpContext http) => new(
        http.Request.Headers[WebhookHeaders.IdName],
        http.Request.Headers[WebhookHeaders.TimestampName],
        http.Request.Headers[WebhookHeaders.SignatureName]);
}

/// <summary>One stop that reached a vendor first. The vendor is the origin, the person the actor.</summary>
/// <param name="Subject">The person, by identifiers.</param>
/// <param name="Scope">What stops, within the system's contract.</param>
/// <param name="Reason">Why; <c>user_request</c> where absent.</param>
/// <param name="OccurredAt">When the person said it, by the vendor's clock: a claim.</param>
public sealed record InboundStop(
    SubjectRequest Subject, ScopeRequest Scope, ReasonRequest? Reason = null, DateTimeOffset? OccurredAt = null);
