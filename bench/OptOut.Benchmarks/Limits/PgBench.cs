using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using OptOut.Benchmarks.Servers;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Benchmarks.Limits;

/// <summary>PostgreSQL's own load generator with a script of ours, prepared statements, two threads.</summary>
internal static partial class PgBench
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <returns>Transactions a second; null where pgbench is not installed.</returns>
    public static async Task<double?> RunAsync(
        BenchServers servers, string[] statements, int clients, TimeSpan span, CancellationToken cancellationToken)
    {
        if (servers.Tools?.Program("pgbench") is not { } program || !File.Exists(program))
            return null;
        var admin = new NpgsqlConnectionStringBuilder(servers.Admin.ConnectionString);
        var script = Path.Combine(servers.Directory, "pgbench.sql");
        await File.WriteAllTextAsync(
            script, $"\\set subject random(1, 1000000000)\n{string.Join(";\n", statements)};\n", cancellationToken);
        var command = new ServerCommand(program,
        [
            "-n", "-h", admin.Host!, "-p", $"{admin.Port}", "-U", admin.Username!, "-c", $"{clients}", "-j", "2",
            "-M", "prepared", "-T", span.TotalSeconds.ToString("0", CultureInfo.InvariantCulture), "-f", script,
            admin.Database!,
        ])
        {
            Environment = new Dictionary<string, string>
            {
                ["PGPASSWORD"] = new NpgsqlConnectionStringBuilder(servers.Connections.Admin).Password!,
            },
        };
        try
        {
            var output = await ServerTool.RunAsync(command, span + Grace, cancellationToken);
            return Rate().Match(output) is { Success: true } match
                ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
                : throw new BenchException("pgbench printed no rate.");
        }
        catch (EmbeddedServerException exception)
        {
            throw new BenchException(exception.Message);
        }
    }

    [GeneratedRegex(@"^tps = ([0-9.]+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Rate();
}
