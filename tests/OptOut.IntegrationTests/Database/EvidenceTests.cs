using Npgsql;

namespace OptOut.IntegrationTests.Database;

/// <summary>Evidence is append-only in the database itself, whoever is logged in.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class EvidenceTests(DatabaseService database)
{
    private const string Denied = PostgresErrorCodes.InsufficientPrivilege;

    /// <summary>Each table of evidence, with a column to try a change on.</summary>
    private static readonly (string Table, string Column)[] Evidence =
    [
        ("optout.opt_out_version", "state"), ("optout.reaffirmation", "reaffirmed_by"),
        ("optout.attempt", "outcome"), ("optout.acknowledgement", "outcome"),
        ("optout.rejected_acknowledgement", "code"), ("ledger.opening", "ciphertext"), ("ledger.entry", "leaf_hash"),
        ("ledger.tile", "root"), ("ledger.checkpoint", "note"), ("optout.decision", "outcome"),
        ("optout.reconciliation", "stopped"), ("ledger.cosignature", "line"),
        ("optout.report", "content"), ("optout.master_key", "key_id"),
        ("optout.read_back_answer", "verdict"), ("optout.resend", "requested_by"),
    ];

    private static readonly string[] Lasting =
    [
        "optout.subject", "optout.identifier", "optout.delivery",
        "optout.rejected_acknowledgement_count",
        "optout.import_job",
        "optout.finding", "optout.alert", "optout.incident",
        "optout.probe", "optout.probe_system",
    ];

    public static TheoryData<string, string> Matrix()
    {
        var cells = new TheoryData<string, string>();
        foreach (var login in (string[])["service", "owner", "superuser"])
        {
            foreach (var (table, column) in Evidence)
            {
                cells.Add(login, $"UPDATE {table} SET {column} = {column}");
                cells.Add(login, $"DELETE FROM {table}");
                cells.Add(login, $"TRUNCATE {table} CASCADE");
            }

            foreach (var table in Lasting)
            {
                cells.Add(login, $"DELETE FROM {table}");
                cells.Add(login, $"TRUNCATE {table} CASCADE");
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Evidence_is_neither_changed_nor_removed(string login, string statement) =>
        Assert.Equal(Denied, await database.TryAsync(login, statement));

    [Theory]
    [InlineData("service")]
    [InlineData("owner")]
    [InlineData("superuser")]
    public async Task A_leaf_that_waits_neither_changes_nor_goes_before_it_stands_in_the_ledger(string login)
    {
        Assert.Equal(Denied, await database.TryAsync(login,
            """
            INSERT INTO ledger.pending (entry_id, leaf, leaf_hash)
            VALUES (gen_random_uuid(), 'leaf', sha256('\x00'::bytea || 'leaf'));
            DELETE FROM ledger.pending
            """));
        Assert.Equal(Denied, await database.TryAsync(login, "UPDATE ledger.pending SET leaf_hash = leaf_hash"));
        Assert.Equal(Denied, await database.TryAsync(login, "TRUNCATE ledger.pending"));
    }

    [Theory]
    [InlineData("service")]
    [InlineData("owner")]
    [InlineData("superuser")]
    public async Task The_ledgers_head_only_grows(string login)
    {
        Assert.Equal(Denied, await database.TryAsync(login, "UPDATE ledger.head SET size = size - 1"));
        Assert.Equal(Denied, await database.TryAsync(login, "UPDATE ledger.head SET edge = edge"));
        Assert.Equal(Denied, await database.TryAsync(login, "DELETE FROM ledger.head"));
    }

    [Fact]
    public async Task A_replication_role_does_not_pass_the_triggers_either() =>
        Assert.Equal(Denied, await database.TryAsync("superuser",
            "SET LOCAL session_replication_role = replica; DELETE FROM optout.opt_out_version"));

    [Theory]
    [InlineData("ALTER TABLE optout.opt_out_version DISABLE TRIGGER ALL")]
    [InlineData("DROP TRIGGER refuse_row_change ON optout.opt_out_version")]
    [InlineData("DROP TABLE optout.opt_out_version")]
    [InlineData("CREATE TABLE optout.mine (id int)")]
    [InlineData("CREATE TABLE public.mine (id int)")]
    [InlineData("CREATE OR REPLACE FUNCTION optout.refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'")]
    [InlineData("UPDATE optout.identifier SET lookup_hash = lookup_hash")]
    [InlineData("DELETE FROM optout.system")]
    [InlineData("DELETE FROM optout.purpose")]
    [InlineData("DELETE FROM optout.api_key")]
    [InlineData("DELETE FROM optout.approval")]
    [InlineData("INSERT INTO optout.__migrations VALUES ('x', 'y')")]
    [InlineData("SET ROLE optout_owner")]
    public async Task The_services_login_can_not_lift_the_protection(string statement) =>
        Assert.Equal(Denied, await database.TryAsync("service", statement));

    [Theory]
    [InlineData("UPDATE optout.subject_key SET wrapped = wrapped")]
    [InlineData("DELETE FROM optout.subject_key")]
    [InlineData("TRUNCATE optout.subject_key")]
    public async Task The_services_login_can_not_destroy_a_persons_key(string statement) =>
        Assert.Equal(Denied, await database.TryAsync("keys service", statement));

    /// <summary>Where "latest row" has no unique constraint, it has to be repaired months later.</summary>
    [Theory]
    [InlineData("opt_out_id", "a version of one opt-out twice")]
    [InlineData("gen_random_uuid()", "a second opt-out of the same person and scope")]
    public async Task A_version_stands_once_for_a_person_and_scope(string optOutId, string what) =>
        Assert.True(PostgresErrorCodes.UniqueViolation == await database.TryAsync("superuser", Copy(optOutId, "version")), what);

    [Fact]
    public async Task The_first_version_of_an_opt_out_is_a_stop() => Assert.Equal(PostgresErrorCodes.CheckViolation,
        await database.TryAsync("superuser", Copy("gen_random_uuid()", "version", "'opted_in'")));

    [Fact]
    public async Task A_leaf_and_its_hash_belong_together() => Assert.Equal(PostgresErrorCodes.CheckViolation,
        await database.TryAsync("superuser",
            "INSERT INTO ledger.pending (entry_id, leaf, leaf_hash) VALUES (gen_random_uuid(), 'leaf', sha256('leaf'))"));

    [Fact]
    public async Task Every_table_that_nobody_may_update_is_held_by_triggers_too()
    {
        var held = await database.Service.ScalarAsync<string[]>(
            """
            SELECT array_agg(DISTINCT tgrelid::regclass::text ORDER BY tgrelid::regclass::text) FROM pg_trigger
            WHERE tgname = 'refuse_row_change' AND tgenabled = 'A'
            """);
        var unchangeable = await database.Service.ScalarAsync<string[]>(
            """
            SELECT array_agg(c.oid::regclass::text ORDER BY c.oid::regclass::text)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('optout', 'ledger') AND c.relname <> '__migrations'
                AND NOT has_table_privilege('optout_service', c.oid, 'UPDATE')
                AND NOT has_table_privilege('optout_service', c.oid, 'DELETE')
                AND has_table_privilege('optout_service', c.oid, 'INSERT') AND c.relname NOT IN ('identifier', 'erasure')
            """);

        Assert.Equal(Evidence.Select(e => e.Table).Order(StringComparer.Ordinal), held.Order(StringComparer.Ordinal));
        Assert.Equal(unchangeable.Order(StringComparer.Ordinal), held.Order(StringComparer.Ordinal));
    }

    private static string Copy(string optOutId, string version, string state = "state") =>
        $"""
        INSERT INTO optout.opt_out_version (opt_out_id, version, subject_id, purpose, channel, state, occurred_at,
            recorded_at, actor_type, origin_system, origin_method, reason_code, record_hash, ledger_entry_id, recorded_by)
        SELECT {optOutId}, {version}, subject_id, purpose, channel, {state}, occurred_at, recorded_at, actor_type,
            origin_system, origin_method, reason_code, record_hash, ledger_entry_id, recorded_by FROM optout.opt_out_version
        """;
}
