using OptOut.Contracts;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Access;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Systems.Operation;

/// <summary>
/// Tries a system: a synthetic stop of a person who does not exist goes the whole way to it, and to nobody else. It is a
/// record with a delivery like any other, so the answer is followed where every delivery is.
/// </summary>
internal sealed class SystemTester(
    SystemDirectory systems, IdentifierNormaliser identifiers, RecordingWriter writer, Databases databases)
{
    /// <summary>A question that comes sooner is answered with the try that is under way.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private const string FindDelivery =
        "SELECT delivery_id FROM optout.delivery WHERE opt_out_id = $1 AND version = $2 AND system_id = $3";

    public async Task<IResult> TestAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        var known = await systems.FreshAsync(cancellationToken);
        if (!BrokerNames.IsSystemName(name) || !known.ByName.TryGetValue(name, out var system))
            return ProblemKinds.NotFound.With();
        if (system.IsRetired) return SystemProblems.Retired.With();
        if (Nobody(system) is not { } nobody) return SystemProblems.NotTestable.With();

        var scope = new Scope(system.Contract.Purposes[0], system.Contract.Channels[0]);
        var command = new SystemTestCommand(SubjectReference.By([nobody]), scope, system.Id, Pause,
            new RecordingContext(http.Caller().Actor, http.Request.Headers.TraceParent));
        if (await writer.SubmitOneAsync(command, cancellationToken) is not RecordedOutcome { Record: var record })
            return ProblemKinds.Overloaded.With();

        await using var find = databases.Main.CreateCommand(FindDelivery);
        find.Parameters.Add(Sql.Value(record.OptOutId));
        find.Parameters.Add(Sql.Value(record.Version));
        find.Parameters.Add(Sql.Value(system.Id));
        if (await find.ExecuteScalarAsync(cancellationToken) is not Guid deliveryId)
            return ProblemKinds.Conflict.With("The system is being changed.");
        http.Response.Headers.Location = "/v1/deliveries/" + PublicId.Format(PublicId.Delivery, deliveryId);
        return TypedResults.Json(
            new SystemTestAnswer(name, PublicId.Format(PublicId.Delivery, deliveryId),
                PublicId.Format(PublicId.OptOut, record.OptOutId), record.Version),
            SystemsJson.Strict.SystemTestAnswer, statusCode: StatusCodes.Status202Accepted);
    }

    // One identifier of a type that the contract names, under a domain that can never be anybody's.
    private NormalisedIdentifier? Nobody(DownstreamSystem system)
    {
        var value = $"test-{system.PublicId:N}";
        foreach (var type in system.Contract.Identifiers.Select(i => i.Type).OrderByDescending(t => t == "email"))
        {
            if (identifiers.TryNormalise(
                type, type == "email" ? value + "@optout.invalid" : value, out var identifier, out _))
                return identifier;
        }

        return null;
    }
}
