using System.Text.Json.Serialization;

namespace OptOut.Cli.Verification;

/// <summary>What verifying a published log came to.</summary>
/// <param name="Verified">True where everything that was looked at holds.</param>
/// <param name="Origin">The log's name, as its checkpoint says.</param>
/// <param name="Size">Number of leaves that the checkpoint signs.</param>
/// <param name="Root">Base64 of the root that it signs.</param>
/// <param name="LeavesRead">Leaves whose bytes were hashed; 0 where only hashes could be read.</param>
/// <param name="LeavesRedacted">Leaves that were emptied: their hashes still count.</param>
/// <param name="FirstBadLeaf">Index of the first leaf that is not what was signed; null where none was found.</param>
/// <param name="Faults">Everything that does not hold, in words.</param>
internal sealed record LogReport(
    bool Verified, string Origin, long Size, string Root, long LeavesRead, long LeavesRedacted, long? FirstBadLeaf,
    IReadOnlyList<string> Faults);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LogReport))]
internal sealed partial class LogReportJson : JsonSerializerContext;
