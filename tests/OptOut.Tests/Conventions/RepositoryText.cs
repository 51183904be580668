using OptOut.Tests.Deployment;

namespace OptOut.Tests.Conventions;

/// <summary>The files of the checkout that people write.</summary>
internal static class RepositoryText
{
    private static readonly string[] Made = ["bin", "obj", "node_modules", "TestResults"];

    private static readonly string[] Written = ["src", "tests", "samples", "bench"];

    public static string Root => RepositoryFiles.Root;

    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split('/').Any(Made.Contains));

    public static IEnumerable<string> CSharp() =>
        Written.SelectMany(folder => Files(folder, "*.cs"));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));
}
