using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace OptOut.Service.Systems.Rows;

/// <summary>A system as it is stored; channel and contract as JSON.</summary>
internal sealed class SystemRow
{
    public int SystemId { get; init; }
    public Guid PublicId { get; init; }
    public required string Name { get; init; }
    public required string DisplayName { get; set; }
    public required string Kind { get; set; }
    public required string Owner { get; set; }
    public required string Channel { get; set; }
    public required string Contract { get; set; }
    public required string State { get; set; }
    public string? StateReason { get; set; }

    /// <summary>The <c>kid</c> of form hmac: of the key that belongs to the newest secret.</summary>
    public required string HmacKeyId { get; set; }

    public int Version { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class SystemConfiguration : IEntityTypeConfiguration<SystemRow>
{
    public void Configure(EntityTypeBuilder<SystemRow> builder)
    {
        builder.ToTable("system");
        builder.HasKey(row => row.SystemId);
        builder.Property(row => row.SystemId).HasColumnName("system_id").UseIdentityAlwaysColumn();
        builder.Property(row => row.PublicId).HasColumnName("public_id");
        builder.Property(row => row.Name).HasColumnName("name");
        builder.Property(row => row.DisplayName).HasColumnName("display_name");
        builder.Property(row => row.Kind).HasColumnName("kind");
        builder.Property(row => row.Owner).HasColumnName("owner");
        builder.Property(row => row.Channel).HasColumnName("channel").HasColumnType("jsonb");
        builder.Property(row => row.Contract).HasColumnName("contract").HasColumnType("jsonb");
        builder.Property(row => row.State).HasColumnName("state");
        builder.Property(row => row.StateReason).HasColumnName("state_reason");
        builder.Property(row => row.HmacKeyId).HasColumnName("hmac_key_id");
        builder.Property(row => row.Version).HasColumnName("version");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at");
        builder.Property(row => row.UpdatedAt).HasColumnName("updated_at");
    }
}
