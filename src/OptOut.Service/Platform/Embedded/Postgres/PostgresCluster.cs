using System.Globalization;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Platform.Embedded.Postgres;

/// <summary>
/// The cluster's files. It is made in a temporary folder and renamed when whole, so a crash half-way leaves nothing
/// that a later start could mistake for a database.
/// </summary>
internal sealed class PostgresCluster(ServerDirectory home)
{
    public const string Administrator = "optout_admin";
    private const string Unfinished = "data.new";
    private static readonly TimeSpan InitLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(30);

    public string Folder => home.Child("data");

    /// <summary>The version that made the cluster; null before there is one.</summary>
    public int? Major()
    {
        var file = Path.Combine(Folder, "PG_VERSION");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture) : null;
    }

    public async Task MakeAsync(PostgresBinaries binaries, string password, CancellationToken cancellationToken)
    {
        if (Directory.Exists(home.Child(Unfinished)))
            Directory.Delete(home.Child(Unfinished), recursive: true);
        if (Directory.Exists(Folder))
            return;

        var work = await home.MakeOwnAsync(Unfinished, cancellationToken);
        var passwordFile = Path.Combine(work, "password");
        SecretFile.Write(passwordFile, System.Text.Encoding.ASCII.GetBytes(password));
        await home.GiveAsync(passwordFile, cancellationToken);
        var made = Path.Combine(work, "data");
        var initdb = new ServerCommand(binaries.Program("initdb"),
        [
            "--pgdata", made, "--username", Administrator, "--pwfile", passwordFile, "--auth", "scram-sha-256",
            "--encoding", "UTF8", "--no-locale", "--data-checksums", "--no-instructions",
        ])
        { Account = home.Account };
        await ServerTool.RunAsync(initdb, InitLimit, cancellationToken);
        Directory.Move(made, Folder);
        Directory.Delete(work, recursive: true);
    }

    /// <summary>Ends a server that outlived its service, and removes a pid file whose id may be somebody else's by now.</summary>
    public async Task ClearAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var pidFile = Path.Combine(Folder, "postmaster.pid");
        await Orphans.EndAsync(
            Folder, Orphans.ReadLeader(pidFile), ServerSignal.Interrupt, OrphanGrace, cancellationToken);
        File.Delete(pidFile);
    }
}
