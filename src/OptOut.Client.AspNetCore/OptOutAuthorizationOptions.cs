using System.Security.Claims;

namespace OptOut.Client.AspNetCore;

/// <summary>How the signed-in person is known to the suppression list.</summary>
public sealed class OptOutAuthorizationOptions
{
    /// <summary>
    /// Every identifier under which the person may have said stop; none refuses. Default: the e-mail address and the id of
    /// the signed-in person (claims <c>email</c> and <c>sub</c>, in their short and long names).
    /// </summary>
    public Func<ClaimsPrincipal, IReadOnlyList<Identifier>> Identify { get; set; } = FromClaims;

    private static IReadOnlyList<Identifier> FromClaims(ClaimsPrincipal person)
    {
        if (person.Identity is not { IsAuthenticated: true }) return [];
        return
        [
            .. person.Claims.Where(claim => claim.Type is ClaimTypes.Email or "email")
                .Select(claim => new Identifier("email", claim.Value)),
            .. person.Claims.Where(claim => claim.Type is ClaimTypes.NameIdentifier or "sub")
                .Select(claim => new Identifier("user_id", claim.Value)),
        ];
    }
}
