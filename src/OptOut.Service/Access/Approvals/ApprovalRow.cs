using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace OptOut.Service.Access.Approvals;

/// <summary>An act that waits for its second person, or had one. Times are the database's own.</summary>
internal sealed class ApprovalRow
{
    public Guid ApprovalId { get; init; }
    public required string Act { get; init; }
    public required string Target { get; init; }

    /// <summary>JSON, for the act's own handler.</summary>
    public required string Payload { get; init; }

    public required string RequestedBy { get; init; }
    public DateTimeOffset RequestedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
    public string? ApprovedBy { get; set; }
    public DateTimeOffset? ApprovedAt { get; set; }
}

internal sealed class ApprovalConfiguration : IEntityTypeConfiguration<ApprovalRow>
{
    public void Configure(EntityTypeBuilder<ApprovalRow> builder)
    {
        builder.ToTable("approval");
        builder.HasKey(row => row.ApprovalId);
        builder.Property(row => row.ApprovalId).HasColumnName("approval_id").ValueGeneratedNever();
        builder.Property(row => row.Act).HasColumnName("act");
        builder.Property(row => row.Target).HasColumnName("target");
        builder.Property(row => row.Payload).HasColumnName("payload").HasColumnType("jsonb");
        builder.Property(row => row.RequestedBy).HasColumnName("requested_by");
        builder.Property(row => row.RequestedAt).HasColumnName("requested_at");
        builder.Property(row => row.ExpiresAt).HasColumnName("expires_at");
        builder.Property(row => row.ApprovedBy).HasColumnName("approved_by");
        builder.Property(row => row.ApprovedAt).HasColumnName("approved_at");
    }
}
