using System.Text.RegularExpressions;

namespace OptOut.Tests.Conventions;

/// <summary>No route reads a file by a name from a request: where files are touched, no request is in reach.</summary>
public sealed partial class FileAccessTests
{
    /// <summary>
    /// Servers of embedded mode, keys, the ledger's published files and archive, and where the configuration names a file.
    /// </summary>
    private static readonly string[] Allowed =
    [
        "Platform/Embedded/", "Platform/EmbeddedText.cs", "Platform/Keys/", "Audit/Sequencing/",
        "Audit/Recovering/LedgerArchive.cs", "Audit/Checking/PublishedHashes.cs", "ServiceSettings.cs", "Propagation/Channels/Connector/ConnectorCatalogue.cs",
        "Propagation/Channels/Connector/Authentication/SecretReferences.cs",
    ];

    [Fact]
    public void Files_are_touched_in_few_places() => Assert.DoesNotContain(
        Touching().Select(file => file.Path),
        path => !Allowed.Any(place => path.StartsWith(place, StringComparison.Ordinal)));

    [Fact]
    public void Where_files_are_touched_no_request_is_in_reach() => Assert.DoesNotContain(
        Touching(), file => file.Text.Contains("HttpContext", StringComparison.Ordinal)
            || file.Text.Contains("HttpRequest", StringComparison.Ordinal));

    [Theory]
    [InlineData("return File.ReadAllBytes(name);")]
    [InlineData("app.UseStaticFiles();")]
    [InlineData("return Results.File(path);")]
    [InlineData("using var s = new FileStream(path, FileMode.Open);")]
    public void Each_way_to_a_file_is_seen(string line) => Assert.Matches(FileUse(), line);

    private static IEnumerable<(string Path, string Text)> Touching()
    {
        var root = Path.Combine(RepositoryText.Root, "src/OptOut.Service");
        return RepositoryText.Files("src/OptOut.Service", "*.cs")
            .Select(file => (Path: Path.GetRelativePath(root, file), Text: File.ReadAllText(file)))
            .Where(file => FileUse().IsMatch(file.Text));
    }

    [GeneratedRegex(
        @"(?<![\w.])(File|Directory)\.[A-Z]|\bnew (FileStream|FileInfo|DirectoryInfo|StreamReader)\(|PhysicalFile|"
        + @"UseStaticFiles|UseFileServer|MapStaticAssets|SendFile|Results\.File\(|Results\.PhysicalFile\(")]
    private static partial Regex FileUse();
}
