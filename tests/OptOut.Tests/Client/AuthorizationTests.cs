using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using OptOut.Client;
using OptOut.Client.AspNetCore;
using OptOut.Client.Testing;

namespace OptOut.Tests.Client;

/// <summary>A route that needs no opt-out is shut to whoever stopped it, and to everybody of whom that is not known.</summary>
public sealed class AuthorizationTests
{
    private readonly FakeSuppressionGate _gate = new();

    [Fact]
    public async Task A_stop_shuts_the_route_and_lifting_it_opens_it_again()
    {
        Assert.True(await MayAsync(Person("ada@example.com", "u1")));
        _gate.Stop("email", "ada@example.com", "profiling");
        Assert.False(await MayAsync(Person("Ada@example.com", "u1")));
        _gate.Lift("email", "ada@example.com");
        Assert.True(await MayAsync(Person("ada@example.com", "u1")));
    }

    [Fact]
    public async Task A_stop_under_any_of_the_persons_identifiers_is_enough()
    {
        _gate.Stop("user_id", "u1", "all");
        Assert.False(await MayAsync(Person("ada@example.com", "u1")));
        Assert.True(await MayAsync(Person("ada@example.com", "u2")));
    }

    [Fact]
    public async Task Who_is_not_known_is_not_let_in()
    {
        Assert.False(await MayAsync(new ClaimsPrincipal(new ClaimsIdentity())));
        Assert.False(await MayAsync(new ClaimsPrincipal(new ClaimsIdentity([], "test"))));
        _gate.CutOff();
        Assert.False(await MayAsync(Person("ada@example.com", "u1")));
    }

    private async Task<bool> MayAsync(ClaimsPrincipal person)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<ISuppressionGate>(_gate).AddOptOutAuthorization();
        await using var provider = services.BuildServiceProvider();
        var policy = new AuthorizationPolicyBuilder().RequireNoOptOut("profiling").Build();
        var result = await provider.GetRequiredService<IAuthorizationService>().AuthorizeAsync(person, null, policy);
        return result.Succeeded;
    }

    private static ClaimsPrincipal Person(string email, string id) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Email, email), new Claim("sub", id)], "test"));
}
