using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Purposes;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Platform.Database;

/// <summary>The main database as EF Core sees it: ordinary reads and rare writes. Hot statements are SQL beside their use.</summary>
internal sealed class OptOutDbContext(DbContextOptions<OptOutDbContext> options) : DbContext(options)
{
    public const string Schema = "optout";
    public const string MigrationsTable = "__migrations";

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfiguration(new PurposeConfiguration());
        modelBuilder.ApplyConfiguration(new SystemConfiguration());
        modelBuilder.ApplyConfiguration(new SystemStatusConfiguration());
        modelBuilder.ApplyConfiguration(new SystemSecretConfiguration());
        modelBuilder.ApplyConfiguration(new ApprovalConfiguration());
    }
}
