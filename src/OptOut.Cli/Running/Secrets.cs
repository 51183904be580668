namespace OptOut.Cli.Running;

/// <summary>
/// Secrets come from the environment, or from a file that the environment names: a command line is seen by every process of
/// the machine and kept in histories.
/// </summary>
internal static class Secrets
{
    /// <summary>An API key.</summary>
    public const string ApiKey = "OPTOUT_KEY";

    /// <summary>Connection string of the main database, with a login that may read everything.</summary>
    public const string Database = "OPTOUT_DATABASE";

    /// <summary>Connection string of the database of wrapped keys.</summary>
    public const string KeysDatabase = "OPTOUT_KEYS_DATABASE";

    /// <summary>Path of the master key file; the file itself is the secret.</summary>
    public const string MasterKeyFile = "OPTOUT_MASTER_KEY_FILE";

    private const int MaxFileBytes = 64 * 1024;

    /// <summary>The value of <paramref name="name"/>, or of the file that <c>{name}_FILE</c> names; null where neither is set.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static string? Find(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            return value;
        if (Environment.GetEnvironmentVariable(name + "_FILE") is not { Length: > 0 } file)
            return null;
        try
        {
            return new FileInfo(file).Length <= MaxFileBytes
                ? File.ReadAllText(file).Trim()
                : throw CommandException.CouldNot($"The file that {name}_FILE names is too long.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.CouldNot($"The file that {name}_FILE names cannot be read.");
        }
    }

    /// <exception cref="CommandException">It is not set.</exception>
    public static string Need(string name) => Find(name)
        ?? throw CommandException.CouldNot($"Set {name}, or {name}_FILE to a file that holds it.");
}
