namespace OptOut.EndToEndTests.FirstMinute;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OptOut.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("OptOut.sln was not found above the tests.");
    }
}
