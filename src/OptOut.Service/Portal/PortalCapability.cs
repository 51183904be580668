using Microsoft.Extensions.DependencyInjection.Extensions;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Portal.Confirmations;
using OptOut.Service.Portal.Gpc;
using OptOut.Service.Portal.Links;
using OptOut.Service.Portal.OneClick;
using OptOut.Service.Propagation.Channels.Smtp;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Portal;

/// <summary>
/// The person's way in: links, one click, Global Privacy Control. A stop needs no login and no extra screen.
/// </summary>
internal static class PortalCapability
{
    private const string Tag = "Portal";

    public static IServiceCollection AddPortal(this IServiceCollection services)
    {
        services.TryAddSingleton<LinkToken>();
        return services
            .AddSingleton<PublicAddress>()
            .AddSingleton<ReversalTokens>()
            .AddSingleton<LinkMaker>()
            .AddSingleton<PressPace>()
            .AddSingleton<LinkReader>()
            .AddSingleton<PressRecorder>()
            .AddSingleton<ConfirmationDesk>();
    }

    public static IEndpointRouteBuilder MapPortal(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/links", PostLink.HandleAsync).WithTags(Tag).WithName("MakeLink")
            .WithSummary("A signed link for stopping, or the subject's token for lifting a stop")
            .RequireRoles("recorder", "portal")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.ScopeMissing,
                ProblemKinds.Overloaded, ProblemKinds.StorageUnavailable)
            .WithExample(PortalExamples.LinkRequest, PortalExamples.Link, status: 201);
        MapOneClick(routes);
        MapGpc(routes);
        MapConfirmations(routes);
        return routes;
    }

    private static void MapOneClick(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/o/{token}", [HttpMethods.Get, HttpMethods.Head], GetLink.HandleAsync)
            .WithTags(Tag).WithName("ShowLink")
            .WithSummary("A page that says what would stop; it changes nothing")
            .PublicRoute()
            .WithExample(response: PortalExamples.Page, responseType: PortalExamples.Html);
        routes.MapPost("/o/{token}", PostPress.HandleAsync).WithTags(Tag).WithName("PressLink")
            .WithSummary("One-click unsubscribe (RFC 8058): stops at once, as often as it is sent")
            .PublicRoute()
            .Refuses(PressForm.PairMissing, ProblemKinds.NotFound, ProblemKinds.BodyTooLarge, PressForm.FormNeeded,
                ProblemKinds.StorageUnavailable)
            .WithExample("List-Unsubscribe=One-Click", "Your opt-out is recorded.\n",
                requestType: "application/x-www-form-urlencoded", responseType: "text/plain");
    }

    private static void MapConfirmations(IEndpointRouteBuilder routes)
    {
        const string path = ConfirmationLinks.Path + "{token}";
        routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], Confirmations.Confirmations.ShowAsync)
            .WithTags(Tag).WithName("ShowConfirmation")
            .WithSummary("A page on which a vendor that was told by mail says what was done; it changes nothing")
            .PublicRoute()
            .WithExample(response: PortalExamples.Page, responseType: PortalExamples.Html);
        routes.MapPost(path, Confirmations.Confirmations.ConfirmAsync).WithTags(Tag).WithName("Confirm")
            .WithSummary("A person at a vendor says what was done: applied, no_match or refused")
            .PublicRoute()
            .WithExample("outcome=applied", PortalExamples.Page,
                requestType: "application/x-www-form-urlencoded", responseType: PortalExamples.Html);
    }

    private static void MapGpc(IEndpointRouteBuilder routes)
    {
        routes.MapPost(PostGpc.Path, PostGpc.HandleAsync).WithTags(Tag).WithName("HonourGpc")
            .WithSummary("Global Privacy Control: a stop of sale or sharing for the browser")
            .PublicRoute(readsKey: true)
            .WithHeader(GpcSignal.Header, "The one character 1.", required: true)
            .Refuses([PostGpc.SignalAbsent, ProblemKinds.ValidationFailed, ProblemKinds.ScopeMissing,
                ProblemKinds.Overloaded, ProblemKinds.StorageUnavailable])
            .WithExample("""{ "deviceId": "9f0c1c1e-5a53-4c57-a9a3-3d8f6c1f7a10" }""", PortalExamples.Gpc, status: 201);
        routes.MapMethods(PostGpc.Path, [HttpMethods.Options], GpcCors.Preflight).WithTags(Tag).WithName("GpcPreflight")
            .WithSummary("Lets a page of any origin send the signal")
            .PublicRoute()
            .WithExample(status: 204);
        routes.MapMethods(GpcStatement.Path, [HttpMethods.Get, HttpMethods.Head], GpcStatement.Handle)
            .WithTags(Tag).WithName("GpcStatement")
            .WithSummary("States that Global Privacy Control is honoured")
            .PublicRoute()
            .WithExample(response: """{ "gpc": true, "lastUpdate": "2026-11-20" }""");
    }
}
