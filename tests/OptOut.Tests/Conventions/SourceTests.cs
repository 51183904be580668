namespace OptOut.Tests.Conventions;

public sealed class SourceTests
{
    private const int MaxLines = 400;

    [Fact]
    public void No_file_is_longer_than_four_hundred_lines() =>
        Assert.DoesNotContain(RepositoryText.CSharp(), file => File.ReadLines(file).Count() > MaxLines);

    [Fact]
    public void A_namespace_is_the_folder_it_lies_in()
    {
        var strays =
            from file in RepositoryText.Files("src/OptOut.Service", "*.cs")
            let declared = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))
            where declared is not null
            let folder = Path.GetRelativePath(Path.Combine(RepositoryText.Root, "src"), Path.GetDirectoryName(file)!)
            where declared != $"namespace {folder.Replace('/', '.')};"
            select Path.GetRelativePath(RepositoryText.Root, file);

        Assert.Empty(strays);
    }

    /// <summary>Written in two parts, so that this file does not find itself.</summary>
    [Theory]
    [InlineData("NotImplemented", "Exception")]
    [InlineData("TO", "DO")]
    [InlineData("FIX", "ME")]
    [InlineData("#reg", "ion")]
    [InlineData("Skip ", "= \"")]
    public void Nothing_is_left_for_later(string half, string other) => Assert.DoesNotContain(
        RepositoryText.CSharp(), file => File.ReadLines(file)
            .Any(line => line.Contains(half + other, StringComparison.Ordinal)));

    [Theory]
    [InlineData("P:System.DateTime.UtcNow")]
    [InlineData("P:System.DateTimeOffset.UtcNow")]
    [InlineData("M:System.Guid.NewGuid")]
    public void The_compiler_refuses_clocks_and_ids_that_a_test_cannot_set(string symbol)
    {
        Assert.Contains(symbol, RepositoryText.Read("BannedSymbols.txt"), StringComparison.Ordinal);
        var build = RepositoryText.Read("Directory.Build.props");
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", build, StringComparison.Ordinal);
        Assert.Contains("BannedApiAnalyzers", build, StringComparison.Ordinal);
    }
}
