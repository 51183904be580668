using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace OptOut.Service.Systems.Rows;

/// <summary>A signing secret, sealed. Without an expiry it is the current one.</summary>
internal sealed class SystemSecretRow
{
    public Guid SecretId { get; init; }
    public int SystemId { get; init; }
    public required byte[] Sealed { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; set; }
}

internal sealed class SystemSecretConfiguration : IEntityTypeConfiguration<SystemSecretRow>
{
    public void Configure(EntityTypeBuilder<SystemSecretRow> builder)
    {
        builder.ToTable("system_secret");
        builder.HasKey(row => row.SecretId);
        builder.Property(row => row.SecretId).HasColumnName("secret_id").ValueGeneratedNever();
        builder.Property(row => row.SystemId).HasColumnName("system_id");
        builder.Property(row => row.Sealed).HasColumnName("sealed");
        builder.Property(row => row.CreatedAt).HasColumnName("created_at");
        builder.Property(row => row.ExpiresAt).HasColumnName("expires_at");
    }
}
