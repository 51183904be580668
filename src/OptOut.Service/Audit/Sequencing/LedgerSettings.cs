namespace OptOut.Service.Audit.Sequencing;

/// <summary>Who this log is, what it signs with, and where it is published.</summary>
/// <param name="Origin">The log's name in every checkpoint: a URL without its scheme.</param>
/// <param name="KeyFile">The signing keys; null: leaves wait, nothing is sequenced or published.</param>
/// <param name="Directory">Where tiles and the checkpoint are written as files; null: they are only served.</param>
/// <param name="Archive">Where what a restore would forget is kept, sealed; null: nowhere, and nothing can be recovered.</param>
internal sealed record LedgerSettings(string Origin, string? KeyFile, string? Directory, string? Archive = null);
