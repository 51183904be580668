using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace OptOut.Service.Platform.Database;

/// <summary>
/// Brings both databases to this build's schema. Any replica may run it: one at a time holds a lock.
/// Where the owner's login is not configured and another role owns the schema, an old schema is refused, not changed.
/// </summary>
internal sealed partial class Migrator(DatabaseOptions options, ILogger<Migrator> logger)
{
    // The lock ends with its session, which is not pooled. The time-out is for this wait alone.
    private const string AwaitOthers =
        "SET lock_timeout = '10min'; SELECT pg_advisory_lock(7266, 3); RESET lock_timeout";

    /// <summary>Migrates what this process may migrate; throws <see cref="ConfigurationException"/> where it may not.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await MigrateAsync<KeysDbContext>(options.KeysOwner, options.Keys, options.KeysEraser, "grants_keys.sql",
            o => new KeysDbContext(o), cancellationToken);
        await MigrateAsync<OptOutDbContext>(options.Owner, options.Service, options.Eraser, "grants_main.sql",
            o => new OptOutDbContext(o), cancellationToken);
    }

    private async Task MigrateAsync<TContext>(
        string? owner,
        string service,
        string eraser,
        string grants,
        Func<DbContextOptions<TContext>, TContext> create,
        CancellationToken cancellationToken)
        where TContext : DbContext
    {
        var acting = Databases.Harden(owner ?? service, "optout-migrate");
        acting.CommandTimeout = 600;
        acting.Pooling = false;
        await using var context = create(ContextOptions<TContext>(acting.ConnectionString));

        var pending = await PendingAsync(context, cancellationToken);
        if (pending.Count > 0)
        {
            if (owner is null && await OwnedByAnotherAsync(acting.ConnectionString, cancellationToken))
                throw new ConfigurationException([
                    $"Database '{acting.Database}' lacks {string.Join(", ", pending)}; "
                    + "run 'OptOut.Service migrate' with the owner's login, or set ConnectionStrings__OptOutOwner."]);
            // EF Core looks for the schema and makes it before it locks anything: replicas on an empty database collide.
            await context.Database.OpenConnectionAsync(cancellationToken);
            await context.Database.ExecuteSqlRawAsync(AwaitOthers, cancellationToken);
            if ((await PendingAsync(context, cancellationToken)).Count > 0)
            {
                LogMigrating(acting.Database!, pending.Count);
                await context.Database.MigrateAsync(cancellationToken);
            }

            await context.Database.CloseConnectionAsync();
        }

        if (owner is not null)
        {
            var sql = EmbeddedText.ReadSql(grants)
                .Replace("{service}", QuotedLogin(service), StringComparison.Ordinal)
                .Replace("{eraser}", QuotedLogin(eraser), StringComparison.Ordinal)
                .Replace("{sequencer}", QuotedLogin(options.Sequencer), StringComparison.Ordinal);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            // Two replicas granting at once would fail on the same catalogue rows.
            await context.Database.ExecuteSqlRawAsync("SELECT pg_advisory_xact_lock(7266, 1)", cancellationToken);
            await context.Database.ExecuteSqlRawAsync(sql, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    private static string QuotedLogin(string connectionString)
    {
        var login = new NpgsqlConnectionStringBuilder(connectionString).Username
            ?? throw new InvalidOperationException("A connection string names no user.");
        return "\"" + login.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    private static async Task<IReadOnlyList<string>> PendingAsync(DbContext context, CancellationToken cancellationToken) =>
        [.. await context.Database.GetPendingMigrationsAsync(cancellationToken)];

    private static async Task<bool> OwnedByAnotherAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'optout' AND NOT pg_has_role(nspowner, 'USAGE'))
                OR NOT has_database_privilege(current_database(), 'CREATE')
            """, connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public static DbContextOptions<TContext> ContextOptions<TContext>(string connectionString)
        where TContext : DbContext =>
        new DbContextOptionsBuilder<TContext>()
            .UseNpgsql(connectionString, n => n.MigrationsHistoryTable(
                OptOutDbContext.MigrationsTable, OptOutDbContext.Schema))
            // The migrations are SQL by hand: there is no snapshot to compare the model with.
            .ConfigureWarnings(w => w.Ignore(RelationalEventId.PendingModelChangesWarning))
            .Options;

    [LoggerMessage(101, LogLevel.Information, "Migrating database {Database}: {Count} migrations")]
    private partial void LogMigrating(string database, int count);
}
