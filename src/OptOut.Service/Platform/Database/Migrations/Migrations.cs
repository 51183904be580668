using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace OptOut.Service.Platform.Database.Migrations;

// Each migration is the SQL file it names: the SQL is the design, EF Core keeps the order, the lock and the history.

[DbContext(typeof(OptOutDbContext))]
[Migration("0001_main")]
internal sealed class MainInitial : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0001_main.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0005_audit")]
internal sealed class MainAudit : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0005_audit.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0003_ledger")]
internal sealed class MainLedger : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0003_ledger.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0003_ledger_erasure")]
internal sealed class MainLedgerErasure : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0003_ledger_erasure.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0003_ledger_recovery")]
internal sealed class MainLedgerRecovery : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0003_ledger_recovery.sql"));
}

[DbContext(typeof(KeysDbContext))]
[Migration("0001_keys")]
internal sealed class KeysInitial : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0001_keys.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0002_channels")]
internal sealed class MainChannels : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0002_channels.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0004_enforcement")]
internal sealed class MainEnforcement : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0004_enforcement.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0006_asking")]
internal sealed class MainAsking : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0006_asking.sql"));
}

[DbContext(typeof(OptOutDbContext))]
[Migration("0007_master_keys")]
internal sealed class MainMasterKeys : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(EmbeddedText.ReadSql("0007_master_keys.sql"));
}
