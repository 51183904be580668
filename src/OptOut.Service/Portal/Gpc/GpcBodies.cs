using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Portal.Gpc;

/// <summary>The body of <c>POST /gpc</c>.</summary>
/// <param name="DeviceId">The browser's or device's own id. Required unless identifiers are given.</param>
/// <param name="Identifiers">Who the known person is; only with a recorder key.</param>
/// <param name="Regime">The law it is asked under; <c>ccpa</c> where absent.</param>
public sealed record GpcRequest(
    string? DeviceId = null, IReadOnlyList<IdentifierRequest>? Identifiers = null, string? Regime = null)
{
    // The compiler's own text would print the device's id wherever a record is printed.
    public override string ToString() => nameof(GpcRequest);
}

/// <summary>That the signal was honoured, in the words that a page shows (11 CCR 7025).</summary>
/// <param name="Honored">Always true in an answer.</param>
/// <param name="Notice">What the page may show.</param>
/// <param name="Scope">What is stopped.</param>
/// <param name="RecordedAt">When the standing stop was recorded, by our clock.</param>
public sealed record GpcView(bool Honored, string Notice, ScopeView Scope, DateTimeOffset RecordedAt);
