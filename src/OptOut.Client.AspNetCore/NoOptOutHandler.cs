using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace OptOut.Client.AspNetCore;

/// <summary>
/// Asks the gate about every identifier of the signed-in person, at each request. Only where each is allowed the
/// requirement is met: somebody of whom no identifier is known might have said stop.
/// </summary>
internal sealed class NoOptOutHandler(ISuppressionGate gate, IOptions<OptOutAuthorizationOptions> options)
    : AuthorizationHandler<NoOptOutRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, NoOptOutRequirement requirement)
    {
        var identifiers = options.Value.Identify(context.User);
        if (identifiers.Count > 0 && identifiers.All(person =>
            gate.MayUse(person.Type, person.Value, requirement.Purpose, requirement.Channel)))
            context.Succeed(requirement);
        else
            context.Fail(new AuthorizationFailureReason(this, requirement.ToString()));
        return Task.CompletedTask;
    }
}
