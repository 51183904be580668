using Npgsql;

namespace OptOut.Service.Platform.Database;

/// <summary>
/// Where the databases are and who logs in. With <see cref="Owner"/> unset one login does all, if it owns the schema.
/// </summary>
/// <param name="Service">The service's everyday login on the main database.</param>
/// <param name="Owner">The owner's login on the main database; only with it does a replica migrate a separated schema.</param>
/// <param name="Keys">The service's login on the database of wrapped subject keys.</param>
/// <param name="KeysOwner">The owner's login on that database.</param>
internal sealed record DatabaseOptions(string Service, string? Owner, string Keys, string? KeysOwner)
{
    /// <summary>The sequencer's login on the main database; the service's where none is configured.</summary>
    public string Sequencer { get; init; } = Service;

    /// <summary>The eraser's login on the main database; the owner's, else the service's, where none is configured.</summary>
    public string Eraser { get; init; } = Owner ?? Service;

    /// <summary>The eraser's login on the database of wrapped subject keys.</summary>
    public string KeysEraser { get; init; } = KeysOwner ?? Keys;

    private const string DefaultKeysDatabase = "optout_keys";

    /// <summary>True where migrations and everyday work have logins of their own.</summary>
    public bool Separated => Owner is not null;

    /// <summary>Reads the documented connection strings; the keys database defaults to one beside the main one.</summary>
    public static DatabaseOptions From(IConfiguration configuration)
    {
        var service = configuration.GetConnectionString("OptOut")
            ?? throw new InvalidOperationException("ConnectionStrings__OptOut is not set.");
        var owner = configuration.GetConnectionString("OptOutOwner");
        var eraser = configuration.GetConnectionString("OptOutEraser");
        var keys = configuration.GetConnectionString("OptOutKeys") ?? OnKeysDatabase(service);
        var keysOwner = configuration.GetConnectionString("OptOutKeysOwner") ?? (owner is null ? null : OnKeysDatabase(owner));
        return new DatabaseOptions(service, owner, keys, keysOwner)
        {
            Eraser = eraser ?? owner ?? service,
            KeysEraser = configuration.GetConnectionString("OptOutKeysEraser")
                ?? (eraser is null ? keysOwner ?? keys : OnKeysDatabase(eraser)),
            Sequencer = configuration.GetConnectionString("OptOutSequencer") ?? service,
        };
    }

    /// <summary>Each connection string that cannot be read, by its setting's name; what it holds may be a password.</summary>
    public static IEnumerable<string> Faults(IConfiguration configuration) =>
        configuration.GetSection("ConnectionStrings").GetChildren()
            .Where(one => one.Key.StartsWith("OptOut", StringComparison.OrdinalIgnoreCase) && !IsReadable(one.Value))
            .Select(one => $"ConnectionStrings__{one.Key} is no connection string.");

    private static bool IsReadable(string? text)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string OnKeysDatabase(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = DefaultKeysDatabase }.ConnectionString;
}
