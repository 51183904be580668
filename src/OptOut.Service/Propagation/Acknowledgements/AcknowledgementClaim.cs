using OptOut.Contracts;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>
/// One acknowledgement on its way in: either readable and signed by <see cref="System"/>, or refused already.
/// </summary>
internal sealed record AcknowledgementClaim
{
    public required string Source { get; init; }
    public required byte[] BodyHash { get; init; }
    public DownstreamSystem? System { get; init; }
    public Acknowledgement? Word { get; init; }
    public string MessageId { get; init; } = "";
    public string? TraceParent { get; init; }

    /// <summary>How long after an applied word the vendor is asked whether it still holds; null for never.</summary>
    public TimeSpan? ReadBackAfter { get; init; }

    /// <summary>Why it is refused before anything is looked up; null where it is not.</summary>
    public string? Rejection { get; init; }

    /// <summary>The delivery named; null where the body could not be read or the id has another form.</summary>
    public Guid? DeliveryId =>
        Word is not null && PublicId.TryParse(Word.DeliveryId, PublicId.Delivery, out var id) ? id : null;
}

/// <summary>What became of a claim: an accepted one has an id, a rejected one a code.</summary>
/// <param name="IsKept">False for a rejection that is only counted, since its sender has sent too many.</param>
internal sealed record AcknowledgementVerdict(Guid? AcknowledgementId, string? Rejection, bool IsKept = true)
{
    public bool IsAccepted => Rejection is null;
}
