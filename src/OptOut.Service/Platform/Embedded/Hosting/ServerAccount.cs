namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>The unprivileged account that a server runs under when the service itself runs as root.</summary>
internal sealed record ServerAccount(string Name, int UserId, int GroupId)
{
    private const string PasswordDatabase = "/etc/passwd";

    /// <summary>The first of the accounts that exists; null when the service is not root and simply runs it itself.</summary>
    public static ServerAccount? Choose(params ReadOnlySpan<string> preferred)
    {
        if (!Environment.IsPrivilegedProcess)
            return null;
        var known = Read();
        foreach (var name in preferred)
        {
            if (known.TryGetValue(name, out var account))
                return account;
        }

        throw new EmbeddedServerException(
            $"The servers of embedded mode do not run as root, and none of these accounts exists: " +
            $"{string.Join(", ", preferred.ToArray())}. Start the service as an ordinary user.");
    }

    private static Dictionary<string, ServerAccount> Read()
    {
        var accounts = new Dictionary<string, ServerAccount>(StringComparer.Ordinal);
        if (!File.Exists(PasswordDatabase))
            return accounts;
        foreach (var line in File.ReadLines(PasswordDatabase))
        {
            var fields = line.Split(':');
            if (fields.Length > 3 && int.TryParse(fields[2], out var user) && int.TryParse(fields[3], out var group))
                accounts.TryAdd(fields[0], new ServerAccount(fields[0], user, group));
        }

        return accounts;
    }
}
