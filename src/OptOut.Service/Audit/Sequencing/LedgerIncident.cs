namespace OptOut.Service.Audit.Sequencing;

/// <summary>
/// The ledger contradicts itself or what was published. Nothing is sequenced, signed or overwritten until a person has
/// looked: going on would sign a second history.
/// </summary>
/// <param name="code">Which contradiction, a constant of the program.</param>
internal sealed class LedgerIncidentException(string code) : Exception($"Ledger incident: {code}.")
{
    public const string TileDiffers = "tile_differs";
    public const string PublishedAhead = "published_ahead";
    public const string PublishedDiffers = "published_differs";
    public const string ForeignCheckpoint = "foreign_checkpoint";
    public const string HeadDiffers = "head_differs";
    public const string LeafDiffers = "leaf_differs";
    public const string NothingPublished = "nothing_published";
    public const string ArchiveShort = "archive_short";
    public const string ArchiveUnreadable = "archive_unreadable";
    public const string WitnessAhead = "witness_ahead";
    public const string WitnessDiffers = "witness_differs";

    public string Code { get; } = code;
}
