using OptOut.Service.Access;
using OptOut.Service.Audit.Checking;
using OptOut.Service.Audit.Reading;
using OptOut.Service.Audit.Recovering;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Audit.Witnessing;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit;

/// <summary>The ledger: sequenced, published and provable.</summary>
internal static class AuditCapability
{
    private const string Tag = "Audit";
    private const string PlainText = "text/plain";
    private const string Binary = "application/octet-stream";

    private static readonly string[] Readers = ["recorder", "portal", "reader", "operator", "auditor"];

    public static IServiceCollection AddAudit(
        this IServiceCollection services, LedgerSettings settings, WitnessSettings witnesses) => services
        .AddSingleton(settings)
        .AddSingleton(witnesses)
        .AddSingleton(new WitnessClient(WitnessClient.NewHttp()))
        .AddSingleton(provider => new ArchiveWriter(
            Archive(settings, provider), provider.GetRequiredService<Databases>()))
        .AddSingleton<RecoveryRows>()
        .AddSingleton<LedgerRecovery>()
        .AddSingleton<WitnessRows>()
        .AddSingleton<WitnessDesk>()
        .AddSingleton<IReadinessCheck, WitnessReadiness>()
        .AddSingleton(LedgerKeys.Load(settings))
        .AddSingleton<LedgerStatus>()
        .AddSingleton<LedgerStanding>()
        .AddSingleton<LedgerRows>()
        .AddSingleton<CheckpointComparison>()
        .AddSingleton<ProofDesk>()
        .AddSingleton<Openings>()
        .AddSingleton<TrailQueries>()
        .AddSingleton<SealedOpenings>(provider => new SealedOpenings(
            provider.GetRequiredService<Databases>().Keys,
            provider.GetRequiredService<SubjectKeyWrap>(),
            provider.GetRequiredService<SecretBox>()))
        .AddSingleton(provider => new LedgerAudit(
            provider.GetRequiredService<Databases>().Main,
            provider.GetRequiredService<LedgerKeys>().Verifiers,
            settings.Directory))
        .AddSingleton(provider => new ActAudit(
            provider.GetRequiredService<Databases>().Main, provider.GetRequiredService<SealedOpenings>()))
        .AddSingleton<IReadinessCheck, LedgerReadiness>()
        .AddHostedService<StandingWatch>()
        .AddHostedService<SequencingService>()
        .AddHostedService<WitnessService>();

    private static LedgerArchive? Archive(LedgerSettings settings, IServiceProvider provider) => settings.Archive is { } path
        ? new LedgerArchive(path, provider.GetRequiredService<SecretBox>())
        : null;

    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder routes)
    {
        var ledger = routes.MapGroup("/v1/ledger").WithTags(Tag);
        MapPublic(ledger);
        ledger.MapGet("/tile/entries/{**path}", LedgerEndpoints.EntryBundleAsync).WithName("GetLedgerEntries")
            .WithSummary("An entry bundle of C2SP tlog-tiles: the leaves' bytes")
            .RequireRoles("auditor").Refuses(ProblemKinds.NotFound)
            .WithExample(response: LedgerExamples.Bundle, responseType: Binary);
        ledger.MapGet("/receipts/{entryId}", LedgerEndpoints.ReceiptAsync).WithName("GetLedgerReceipt")
            .WithSummary("The C2SP tlog-proof of one entry; waits for a checkpoint with Prefer: wait=N")
            .RequireRoles(Readers).Refuses(ProblemKinds.NotFound, LedgerProblems.NotPublished)
            .WithPreferWait()
            .WithExample(response: LedgerExamples.Receipt, responseType: PlainText);
        ledger.MapGet("/openings/{entryId}", LedgerEndpoints.OpeningAsync).WithName("GetLedgerOpening")
            .WithSummary("Nonce and payload that open a leaf's commitment")
            .RequireRoles("auditor").Refuses(ProblemKinds.NotFound, LedgerProblems.OpeningGone)
            .WithExample(response: LedgerExamples.Opening);

        ledger.MapPost("/recoveries", RecoveryEndpoints.AskAsync).WithName("RecoverLedger")
            .WithSummary("Put back what a restored backup has forgotten; the sequencing replica does it")
            .RequireRoles("operator").Refuses(RecoveryEndpoints.NothingForgotten)
            .WithExample(response: RecoveryView.Example, status: 202);
        ledger.MapGet("/recoveries/{id}", RecoveryEndpoints.FindAsync).WithName("GetLedgerRecovery")
            .WithSummary("How far a recovery is")
            .RequireRoles("operator", "auditor").Refuses(ProblemKinds.NotFound)
            .WithExample(response: RecoveryView.Example);

        var optOuts = routes.MapGroup("/v1/opt-outs").WithTags(Tag);
        optOuts.MapGet("/{id}/receipt", GetReceipt.HandleAsync).WithName("GetOptOutReceipt")
            .WithSummary("What the person keeps: the record, each system's state, and the proof; waits with Prefer: wait=N")
            .RequireRoles(Readers).Refuses(ProblemKinds.NotFound)
            .WithPreferWait()
            .WithExample(response: LedgerExamples.OptOutReceipt);
        optOuts.MapGet("/{id}/trail", GetTrail.HandleAsync).WithName("GetOptOutTrail")
            .WithSummary("Everything about one opt-out in order of time")
            .RequireRoles(Readers).Refuses(ProblemKinds.NotFound, ProblemKinds.InvalidCursor, ProblemKinds.InvalidParameter)
            .WithListParameters()
            .WithExample(response: LedgerExamples.Trail);
        return routes;
    }

    /// <summary>Hashes and signatures, which say nothing about anybody: whoever holds a receipt may check the log.</summary>
    private static void MapPublic(RouteGroupBuilder ledger)
    {
        ledger.MapGet("/checkpoint", LedgerEndpoints.CheckpointAsync).WithName("GetLedgerCheckpoint")
            .WithSummary("The newest signed checkpoint")
            .PublicRoute().Refuses(LedgerProblems.NotPublished)
            .WithExample(response: LedgerExamples.Checkpoint, responseType: PlainText);
        ledger.MapGet("/key", LedgerEndpoints.Key).WithName("GetLedgerKey")
            .WithSummary("The log's name and public keys")
            .PublicRoute().WithExample(response: LedgerExamples.Key);
        ledger.MapGet("/witnesses", GetWitnesses.HandleAsync).WithName("ListLedgerWitnesses")
            .WithSummary("Who cosigns the log's checkpoints, and up to where")
            .PublicRoute().WithExample(response: GetWitnesses.Example);
        ledger.MapGet("/consistency", LedgerEndpoints.ConsistencyAsync).WithName("GetLedgerConsistency")
            .WithSummary("That the tree of `to` leaves continues the one of `from` leaves")
            .PublicRoute().Refuses(ProblemKinds.InvalidParameter, LedgerProblems.NotPublished)
            .WithExample(response: LedgerExamples.Consistency);
        ledger.MapGet("/tile/{level:int}/{**path}", LedgerEndpoints.HashTileAsync).WithName("GetLedgerTile")
            .WithSummary("A hash tile of C2SP tlog-tiles")
            .PublicRoute().Refuses(ProblemKinds.NotFound)
            .WithExample(response: LedgerExamples.Tile, responseType: Binary);
    }
}
