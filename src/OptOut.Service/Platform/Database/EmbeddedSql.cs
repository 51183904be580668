namespace OptOut.Service.Platform.Database;

/// <summary>Reads the SQL files that are the database's design.</summary>
internal static class EmbeddedSql
{
    private const string Prefix = "OptOut.Service.Platform.Database.Migrations.";

    public static string Read(string name)
    {
        using var stream = typeof(EmbeddedSql).Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"The embedded file {name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
