namespace OptOut.Tests.Deployment;

/// <summary>The checkout that these tests were built from.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OptOut.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("OptOut.sln was not found above the tests.");
    }
}
