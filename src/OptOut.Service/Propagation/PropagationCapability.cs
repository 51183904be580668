using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Pull;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Channels.Smtp;
using OptOut.Service.Propagation.Channels.Webhook;
using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Propagation.ReadBacks;
using OptOut.Service.Propagation.Reading;
using OptOut.Service.Propagation.Redrives;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation;

/// <summary>Propagation: every system is told, and its word is taken. The delivery row is the centre.</summary>
internal static class PropagationCapability
{
    private const string Tag = "Propagation";

    /// <param name="brokerUri">Null where no broker is configured: then everything else is dispatched.</param>
    public static IServiceCollection AddPropagation(
        this IServiceCollection services, Uri? brokerUri, ChannelSettings channels, EventSource source)
    {
        var calls = new WebhookOptions
        {
            AllowPrivateTargets = channels.AllowPrivateTargets, TotalTimeout = channels.CallTimeout,
        };
        services
            .AddSingleton(source)
            .AddSingleton(new WorkerName($"{Environment.MachineName}/{Environment.ProcessId}"))
            .AddSingleton<DispatchSignal>()
            .AddSingleton<SurgeSignal>()
            .AddSingleton<AcknowledgementSignal>()
            .AddSingleton<PartitionOwnership>()
            .AddHostedService(provider => provider.GetRequiredService<PartitionOwnership>())
            .AddHostedService<PeerNotifier>()
            .AddSingleton<DeliveryClaims>()
            .AddSingleton<DispatchResults>()
            .AddSingleton<SystemBreaker>()
            .AddSingleton<RedriveSignal>()
            .AddSingleton<RedriveRun>()
            .AddHostedService<RedriveWorker>()
            .AddSingleton<EventBuilder>()
            .AddSingleton<PullClaims>()
            .AddSingleton<PullDesk>()
            .AddSingleton<RejectionBudget>()
            .AddSingleton<AcknowledgementStore>()
            .AddSingleton<AcknowledgementRecorder>()
            .AddSingleton<IAcknowledgementSink>(provider => provider.GetRequiredService<AcknowledgementRecorder>())
            .AddSingleton<DeliveryQueries>()
            .AddSingleton<ResendDesk>()
            .AddWebhookChannel(calls)
            .AddConnectorChannel(ConnectorCatalogue.Load(channels.ConnectorDirectory), new SecretReferences(channels.SecretsDirectory), calls)
            .AddSingleton(channels)
            .AddSingleton<ConfirmationLinks>()
            .AddSingleton<ReadBackStore>()
            .AddHostedService<ReadBackWorker>()
            .AddSingleton<IReadinessCheck, DispatchReadiness>()
            .AddHostedService<CallDispatcher>();
        if (channels.Mail.Host is not null)
            services.AddSmtpChannel(channels.Mail);
        return brokerUri is null ? services : services.AddBroker(new RabbitMqOptions { Uri = brokerUri });
    }

    private static IServiceCollection AddBroker(this IServiceCollection services, RabbitMqOptions options) => services
        .AddRabbitMqChannel(options)
        .AddSingleton<ISystemNames, SystemNames>()
        .AddSingleton<IQueueMemory, QueueMemory>()
        .AddSingleton<IReadinessCheck, BrokerReadiness>()
        .AddHostedService<RabbitMqDispatcher>();

    public static IEndpointRouteBuilder MapPropagation(this IEndpointRouteBuilder routes)
    {
        string[] readers = ["recorder", "portal", "reader", "operator", "auditor"];
        var group = routes.MapGroup("/v1").WithTags(Tag);
        group.MapGet("/opt-outs/{id}/propagation", GetPropagation.HandleAsync).WithName("GetPropagation")
            .WithSummary("Per system: what was told, when, and what was done; waits with Prefer: wait=N")
            .RequireRoles(readers).Refuses(ProblemKinds.NotFound)
            .WithPreferWait()
            .WithExample(response: ReadingExamples.Propagation);
        group.MapGet("/deliveries", GetDeliveries.HandleAsync).WithName("ListDeliveries")
            .WithSummary("Deliveries by system, state, overdue, optOut and since")
            .RequireRoles("reader", "operator", "auditor").Refuses(ProblemKinds.InvalidParameter, ProblemKinds.InvalidCursor)
            .WithListParameters()
            .WithQuery("system", "The name of one system.")
            .WithQuery("state", "One of " + string.Join(", ", DeliveryStates.All) + ".")
            .WithQuery("overdue", "true or false: open and past its objective, or not.")
            .WithQuery("optOut", "The id of an opt-out.")
            .WithQuery("since", "An RFC 3339 time: recorded then or later.")
            .WithExample(response: $$"""{ "data": [ {{ReadingExamples.Delivery}} ], "nextCursor": null }""");
        group.MapGet("/deliveries/{id}", GetDeliveries.HandleOneAsync).WithName("GetDelivery")
            .WithSummary("A delivery with each of its tries")
            .RequireRoles("reader", "operator", "auditor").Refuses(ProblemKinds.NotFound)
            .WithExample(response: ReadingExamples.Detail);
        group.MapPost("/deliveries/{id}/resend", PostResend.HandleAsync).WithName("ResendDelivery")
            .WithSummary("Try an open delivery now")
            .RequireRoles("operator").Refuses(ProblemKinds.NotFound, PostResend.AlreadyClosed)
            .WithExample(response: ReadingExamples.Detail, status: 202);
        group.MapPost("/acknowledgements", PostAcknowledgements.HandleAsync).WithName("Acknowledge")
            .WithSummary("A system's signed words on what it did, up to 1,000")
            .RequireRoles("system")
            .WithSignature()
            .Refuses(PostAcknowledgements.SignatureInvalid, PostAcknowledgements.Rejected, ProblemKinds.TooManyItems)
            .WithExample(ReadingExamples.Acknowledgements,
                """{ "items": [ { "status": 201, "id": "ack_01998a6f0d1e7c11b2d3e4f5a6b7c8d9" } ] }""", status: 207);
        group.MapGet("/systems/{name}/events", GetEvents.HandleAsync).WithName("PullEvents")
            .WithSummary("The events that a system of channel pull has not answered, oldest first; each fetch is an attempt")
            .RequireRoles("system")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.NotFound, GetEvents.NotPulled, GetEvents.Paused,
                SystemProblems.Retired)
            .WithExample(response: GetEvents.Example);
        return routes;
    }
}
