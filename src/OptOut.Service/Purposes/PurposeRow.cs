using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace OptOut.Service.Purposes;

/// <summary>A purpose as it is stored.</summary>
internal sealed class PurposeRow
{
    public required string Name { get; init; }
    public string? Parent { get; init; }
    public required string DisplayName { get; set; }
    public bool Overridable { get; set; }
    public int ObjectiveSeconds { get; set; }
    public int Version { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PurposeConfiguration : IEntityTypeConfiguration<PurposeRow>
{
    public void Configure(EntityTypeBuilder<PurposeRow> builder)
    {
        builder.ToTable("purpose");
        builder.HasKey(row => row.Name);
        builder.Property(row => row.Name).HasColumnName("name");
        builder.Property(row => row.Parent).HasColumnName("parent");
        builder.Property(row => row.DisplayName).HasColumnName("display_name");
        builder.Property(row => row.Overridable).HasColumnName("overridable").ValueGeneratedNever();
        builder.Property(row => row.ObjectiveSeconds).HasColumnName("objective_seconds").ValueGeneratedNever();
        builder.Property(row => row.Version).HasColumnName("version").ValueGeneratedNever();
        builder.Property(row => row.CreatedAt).HasColumnName("created_at").ValueGeneratedNever();
        builder.Property(row => row.UpdatedAt).HasColumnName("updated_at").ValueGeneratedNever();
    }
}
