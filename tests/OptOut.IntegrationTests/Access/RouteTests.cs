using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Access;

namespace OptOut.IntegrationTests.Access;

public sealed class RouteTests(Servers servers)
{
    private const string Approved = "tests/OptOut.IntegrationTests/Access/routes.approved.txt";

    /// <summary>Every route states who may call it, and a change of that shows in review.</summary>
    [Fact]
    public async Task Every_route_with_its_roles_and_refusals_is_the_approved_one()
    {
        await using var service = await RunningService.StartAsync(servers);

        var routes = RouteInventory.Describe(((IEndpointRouteBuilder)service.App).DataSources);

        Assert.DoesNotContain(routes, route => route.Contains("CLOSED", StringComparison.Ordinal));
        var file = Path.Combine(Root(), Approved);
        var approved = File.Exists(file) ? await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken) : [];
        if (!approved.SequenceEqual(routes))
        {
            // Beside the approved one, so that a change is approved by moving a file.
            await File.WriteAllLinesAsync(file.Replace("approved", "received", StringComparison.Ordinal), routes,
                TestContext.Current.CancellationToken);
        }

        Assert.Equal(approved, routes);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OptOut.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("OptOut.sln was not found above the tests.");
    }
}
