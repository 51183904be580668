using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace OptOut.Service.Systems.Rows;

/// <summary>What changes about a system while it works: the last acknowledgement and how far the backfill is.</summary>
internal sealed class SystemStatusRow
{
    public int SystemId { get; init; }
    public DateTimeOffset? LastAcknowledgedAt { get; init; }
    public short BackfillPass { get; set; }
    public Guid? BackfillAfter { get; set; }
    public DateTimeOffset BackfillUntil { get; set; }
    public long BackfillDone { get; set; }
    public DateTimeOffset? BackfillFinishedAt { get; set; }

    /// <summary>Identifier types that the running backfill tells those of who were told before; null where none.</summary>
    public string[]? WidenedTypes { get; set; }
    public DateTimeOffset? WidenedAt { get; set; }

    /// <summary>Failed calls since the last that worked, and the breaker's times, by the database's clock.</summary>
    public int Failures { get; set; }
    public DateTimeOffset? BreakerOpenedAt { get; set; }
    public DateTimeOffset? BreakerProbeAt { get; set; }
    public DateTimeOffset? HoldUntil { get; set; }
}

internal sealed class SystemStatusConfiguration : IEntityTypeConfiguration<SystemStatusRow>
{
    public void Configure(EntityTypeBuilder<SystemStatusRow> builder)
    {
        builder.ToTable("system_status");
        builder.HasKey(row => row.SystemId);
        builder.Property(row => row.SystemId).HasColumnName("system_id").ValueGeneratedNever();
        builder.Property(row => row.LastAcknowledgedAt).HasColumnName("last_acknowledged_at");
        builder.Property(row => row.BackfillPass).HasColumnName("backfill_pass");
        builder.Property(row => row.BackfillAfter).HasColumnName("backfill_after");
        builder.Property(row => row.BackfillUntil).HasColumnName("backfill_until");
        builder.Property(row => row.BackfillDone).HasColumnName("backfill_done");
        builder.Property(row => row.BackfillFinishedAt).HasColumnName("backfill_finished_at");
        builder.Property(row => row.WidenedTypes).HasColumnName("widened_types");
        builder.Property(row => row.WidenedAt).HasColumnName("widened_at");
        builder.Property(row => row.Failures).HasColumnName("failures").HasDefaultValue(0);
        builder.Property(row => row.BreakerOpenedAt).HasColumnName("breaker_opened_at");
        builder.Property(row => row.BreakerProbeAt).HasColumnName("breaker_probe_at");
        builder.Property(row => row.HoldUntil).HasColumnName("hold_until");
    }
}
