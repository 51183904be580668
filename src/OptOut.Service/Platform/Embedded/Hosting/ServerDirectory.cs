namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>
/// The directory that one server lives in, locked while this process uses it. Ours (root's) at the top, so that secrets
/// in it stay out of the server's hands; the server owns what lies in the folders made with <see cref="MakeOwnAsync"/>.
/// </summary>
internal sealed class ServerDirectory : IDisposable
{
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(10);
    private readonly FileStream guard;

    private ServerDirectory(string path, ServerAccount? account, FileStream guard)
    {
        Path = path;
        Account = account;
        this.guard = guard;
    }

    public string Path { get; }

    public ServerAccount? Account { get; }

    public static ServerDirectory Open(string path, ServerAccount? account)
    {
        path = System.IO.Path.GetFullPath(path);
        FileModes.Make(path, passable: account is not null);
        if (account is not null)
            RefuseUnreachable(path, account);
        return new ServerDirectory(path, account, Lock(path));
    }

    public string Child(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A folder that the server's account owns; kept as it is if it exists.</summary>
    public async Task<string> MakeOwnAsync(string name, CancellationToken cancellationToken)
    {
        var folder = Child(name);
        FileModes.Make(folder, passable: false);
        await GiveAsync(folder, cancellationToken);
        return folder;
    }

    public async Task GiveAsync(string path, CancellationToken cancellationToken)
    {
        if (Account is null)
            return;
        var chown = new ServerCommand("chown", ["-R", $"{Account.UserId}:{Account.GroupId}", path]);
        await ServerTool.RunAsync(chown, ToolLimit, cancellationToken);
    }

    public void Dispose() => guard.Dispose();

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite,
                FileShare.None);
        }
        catch (IOException fault)
        {
            throw new EmbeddedServerException(
                $"{path} is in use by another running service. Stop it, or set OptOut__DataDirectory.", fault);
        }
    }

    private static void RefuseUnreachable(string path, ServerAccount account)
    {
        for (var above = Directory.GetParent(path); above is not null; above = above.Parent)
        {
            if ((above.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                throw new EmbeddedServerException(
                    $"{path} cannot be reached by the account {account.Name}, because {above.FullName} is closed to " +
                    "others. Set OptOut__DataDirectory to a place outside of it.");
            }
        }
    }
}
