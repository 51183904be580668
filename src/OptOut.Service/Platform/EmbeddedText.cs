namespace OptOut.Service.Platform;

/// <summary>Reads the text files that the assembly carries.</summary>
internal static class EmbeddedText
{
    private const string Migrations = "OptOut.Service.Platform.Database.Migrations.";

    /// <summary>One of the SQL files that are the database's design.</summary>
    public static string ReadSql(string name) => Read(Migrations + name);

    public static string Read(string resource)
    {
        using var stream = typeof(EmbeddedText).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The embedded file {resource} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
