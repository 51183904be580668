namespace OptOut.Subscriber.EntityFrameworkCore;

/// <summary>A row of the view <c>optout_stopped</c>: one identifier under one standing stop.</summary>
public sealed class MirroredStop
{
    /// <summary>Such as <c>email</c>.</summary>
    public required string IdentifierType { get; init; }

    /// <summary><c>plain sha256 hmac</c>, as the system's contract names it.</summary>
    public required string IdentifierForm { get; init; }

    /// <summary>The identifier in that form.</summary>
    public required string Identifier { get; init; }

    /// <summary>What stops, with everything below it on the tree.</summary>
    public required string Purpose { get; init; }

    /// <summary>On which channel; <c>any</c> for each.</summary>
    public required string Channel { get; init; }

    /// <summary><c>oo_…</c></summary>
    public required string OptOutId { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>When the service recorded it.</summary>
    public required DateTimeOffset Since { get; init; }
}
