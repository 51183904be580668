using Npgsql;

namespace OptOut.Service.Platform.Embedded.Postgres;

/// <summary>
/// The logins and databases of embedded mode, as a production server has them: the owner migrates, the service works.
/// Safe to repeat; passwords are set again at each start, so the secrets file is what counts.
/// </summary>
internal static class PostgresRoles
{
    public const string Owner = "optout_owner";
    public const string Service = "optout_service";
    public const string Database = "optout";
    public const string KeysDatabase = "optout_keys";

    /// <summary>CREATE ROLE knows no IF NOT EXISTS. Names are ours and passwords hexadecimal: nothing needs quoting.</summary>
    public static async Task EnsureAsync(
        NpgsqlConnection administrator, string role, string password, CancellationToken cancellationToken) =>
        await RunAsync(
            administrator,
            $"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
                END IF;
            END $$;
            ALTER ROLE {role} PASSWORD '{password}';
            """,
            cancellationToken);

    /// <summary>A database of the owner's that nobody but the two logins may enter.</summary>
    public static async Task EnsureDatabaseAsync(
        NpgsqlConnection administrator, string database, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", administrator);
        exists.Parameters.Add(new NpgsqlParameter { Value = database });
        if (await exists.ExecuteScalarAsync(cancellationToken) is null)
            await RunAsync(administrator, $"CREATE DATABASE {database} OWNER {Owner}", cancellationToken);
        await RunAsync(
            administrator,
            $"""
            REVOKE ALL ON DATABASE {database} FROM PUBLIC;
            GRANT CONNECT ON DATABASE {database} TO {Service};
            """,
            cancellationToken);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
